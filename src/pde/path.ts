/**
 * A path xi(sigma) turns the heat equation for x into the equation of z = xi x (theory.md, section 2):
 *
 *   Green's function N(z; m x', s^2 I),   m = xi(sigma),   s = xi(sigma) sigma
 *
 * with xi(0) = 1 and, but for `ve` (xi = 1), xi sigma -> 1 as sigma -> infinity. All of a path is xi; what else a process
 * needs of it is the one number
 *
 *   contraction(sigma) = -d ln xi / d ln sigma,   between 0 (variance exploding) and 1 (s has reached its limit),
 *
 * by which z contracts: b dt = contraction d ln sigma. It stays bounded where b = -(d xi/dt)/xi diverges (sigma -> 0).
 *
 * Source: A. Dasgupta et al., arXiv 2504.07437; the family xi = (1 + sigma^k)^(-1/k) is our reading.
 */
import { formula, type Formula } from '../expression.js'
import { registry } from './registry.js'

export interface Path {
  readonly name: string
  /** xi as a formula in sigma: the definition. */
  readonly xi: Formula
  /** m = xi(sigma); s = m sigma. */
  readonly scale: (sigma: number) => number
  /** ln xi(sigma). */
  readonly logScale: (sigma: number) => number
  /** -d ln xi / d ln sigma, by symbolic differentiation of xi; 0 at sigma = 0. */
  readonly contraction: (sigma: number) => number
}

/**
 * The path of a formula xi(sigma), such as `(1+sigma^3)^(-1/3)`. It is not yet checked: see `assertPath`.
 *
 * @param logScale ln xi where a closed form avoids the cancellation of ln(xi) at small sigma and the overflow of xi at
 *   large sigma; by default ln of the formula.
 * @throws FormulaError when the text does not parse, uses another variable or has no derivative.
 */
export function pathOf(name: string, xi: string, logScale?: (sigma: number) => number): Path {
  const f = formula(xi, { variables: ['sigma'] })
  const slope = f.derivative('sigma')
  const value = (sigma: number): number => f.value({ sigma })
  return {
    name,
    xi: f,
    scale: logScale ? sigma => Math.exp(logScale(sigma)) : value,
    logScale: logScale ?? (sigma => Math.log(value(sigma))),
    contraction: sigma => (sigma === 0 ? 0 : (-sigma * slope.value({ sigma })) / value(sigma)),
  }
}

/** ln(1 + e^u) without overflow or cancellation. */
const softplus = (u: number): number => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)))

/** m^k + s^k = 1: xi = (1 + sigma^k)^(-1/k). */
const superellipse = (name: string, k: number): Path =>
  pathOf(name, `(1 + sigma^${k})^(-1/${k})`, sigma => -softplus(k * Math.log(sigma)) / k)

/** The built-in paths, by name; `paths.register` adds one. */
export const paths = registry<Path>('path')

paths.register({
  name: 've',
  description: 'variance exploding: the heat equation itself, m = 1, s = sigma',
  parameters: {},
  create: () => pathOf('ve', '1', () => 0),
})
paths.register({
  name: 'vp',
  description: 'variance preserving: m^2 + s^2 = 1, the path of DDPM',
  parameters: {},
  create: () => superellipse('vp', 2),
})
paths.register({
  name: 'vp-k',
  description: 'superellipse: m^k + s^k = 1; k = 2 is vp, k = 1 the flow-matching path',
  parameters: { k: { default: 1, description: 'exponent of the superellipse' } },
  create: ({ k }) => superellipse(`vp-k(k=${k})`, k),
})
paths.register({
  name: 'subvp',
  description: 'sub-variance preserving: s = 1 - m^2 (Song et al., arXiv 2011.13456)',
  parameters: {},
  create: () => pathOf('subvp', '2 / (sigma + sqrt(sigma^2 + 4))', sigma => -Math.asinh(sigma / 2)),
})
