/**
 * The derivation of a process from its schedule and path (theory.md, section 7): each statement in words and LaTeX, followed
 * by the checks that evaluate it. `toMarkdown` and `toJSON` (trace.ts) write it out.
 */
import { key, type Key } from '../random.js'
import type { Check } from './checks/check.js'
import { forwardEquation, rates, reverseEquation } from './checks/equations.js'
import { minimiser } from './checks/minimiser.js'
import { kernelMoments, marginals } from './checks/particles.js'
import { denoiserFrozenTotals, gaussianOrder, scoreFrozenTotals } from './checks/steps.js'
import { forwardVolumes, volumesReachTerminalLaw, volumesReturn } from './checks/volumes.js'
import { isVarianceExploding, pathChecks } from './conditions.js'
import { paths, type Path } from './path.js'
import { diffusionProcess, type Process } from './process.js'
import { reverseFamily, type ReverseFamily } from './reverse.js'
import type { Schedule } from './schedule.js'

/** A statement of the theory, with the checks that show it holds. */
export interface Statement {
  /** Stable name, for programs. */
  readonly id: string
  readonly title: string
  readonly text: string
  /** Displayed equations, LaTeX without delimiters. */
  readonly latex: readonly string[]
  readonly checks: readonly Check[]
}

export interface Derivation {
  readonly schedule: { readonly name: string; readonly definition: string }
  readonly path: { readonly name: string; readonly xi: string }
  readonly alphas: readonly string[]
  readonly seed: number
  readonly statements: readonly Statement[]
  /** Whether every check holds. */
  readonly holds: boolean
}

export interface DeriveOptions {
  /** Members of the reverse family to check: numbers, or formulas of t and sigma. Default 0, 1 and 2. */
  readonly alphas?: readonly (number | string)[]
  /** Of the random points and of the particles. Default 0. */
  readonly seed?: number
}

/** The probability-flow ODE, the reverse SDE of Anderson and Song, and one beyond. */
export const defaultAlphas: readonly number[] = [0, 1, 2]

/**
 * Derives the process of a schedule and a path, its reverse family, its steps and its loss, and checks each statement.
 * Takes about a second.
 *
 * @throws ConditionError when the schedule or the path breaks a condition; RangeError or FormulaError for a bad alpha.
 */
export function derive(schedule: Schedule, path: Path, options: DeriveOptions = {}): Derivation {
  const { alphas = defaultAlphas, seed = 0 } = options
  const process = diffusionProcess(schedule, path)
  const family = alphas.map(alpha => reverseFamily(process, alpha))
  const root = (name: string): Key => key(seed, 'derive', name)
  const statements = [...forwardStatements(process, root), ...reverseStatements(process, family, root)]
  return {
    schedule: { name: schedule.name, definition: schedule.definition },
    path: { name: path.name, xi: path.xi.text },
    alphas: family.map(({ alpha }) => alpha.text),
    seed,
    statements,
    holds: statements.every(({ checks }) => checks.every(({ holds }) => holds)),
  }
}

function forwardStatements(process: Process, root: (name: string) => Key): Statement[] {
  const { schedule, path } = process
  const exploding = isVarianceExploding(path)
  const heat = diffusionProcess(schedule, paths.create('ve'))
  const [gammaRate, driftRate] = rates(process, root('rates')) as [Check, Check]
  const [impulse, mixture] = forwardEquation(process, root('forward')) as [Check, Check]
  const ends = [schedule.sigma(0), schedule.sigma(1)].map(sigma => String(Number(sigma.toPrecision(6))))
  return [
    {
      id: 'clock',
      title: 'The clock',
      text: `Time runs from data (t = 0) to noise (t = 1); sigma grows from ${ends.join(' to ')}, in units of standardised data.`,
      latex: [
        schedule.latex,
        '\\gamma(t) = \\frac{d\\sigma^2}{dt}, \\qquad \\sigma^2(t) = \\sigma^2(0) + \\int_0^t \\gamma',
      ],
      checks: [gammaRate],
    },
    {
      id: 'heat',
      title: 'The forward equation for x',
      text: 'The density of the unknown obeys the heat equation; its Green’s function is a Gaussian of variance sigma².',
      latex: [
        '\\partial_t p = \\frac{\\gamma}{2}\\, \\Delta p, \\qquad p_0 = p_{\\mathrm{data}}',
        "G(x, t; x') = \\mathcal N\\left(x;\\, x',\\, \\sigma^2 I\\right)",
      ],
      checks: forwardEquation(heat, root('heat')),
    },
    {
      id: 'conditions',
      title: 'The path, and the two conditions',
      text: exploding
        ? 'A path scales the unknown. Here xi = 1, variance exploding: z = x, and the second condition does not apply.'
        : 'A path scales the unknown. It begins at 1, never grows, and brings the noise to unit size.',
      latex: [
        `z = \\xi x, \\qquad \\xi(\\sigma) = ${path.xi.latex()}`,
        exploding ? '\\xi(0) = 1' : '\\xi(0) = 1, \\qquad \\lim_{\\sigma\\to\\infty} \\xi(\\sigma)\\, \\sigma = 1',
      ],
      checks: pathChecks(path),
    },
    {
      id: 'coefficients',
      title: 'Drift and diffusion',
      text: 'By the chain rule, d/dt at fixed x is d/dt at fixed z plus a transport by (dxi/dt)/xi z.',
      latex: [
        "b = -\\frac{1}{\\xi} \\frac{d\\xi}{dt} = -\\frac{\\xi'(\\sigma)}{\\xi} \\frac{\\gamma}{2\\sigma} \\ge 0, \\qquad \\hat\\gamma = \\xi^2 \\gamma",
        `\\xi'(\\sigma) = ${path.xi.derivative('sigma').latex()}`,
      ],
      checks: [driftRate],
    },
    {
      id: 'forward',
      title: 'The forward equation for z',
      text: 'The density of z is xi^(-n) p(z/xi), in n dimensions.',
      latex: [
        '\\partial_t \\hat p + \\nabla\\cdot\\left(-b\\, z\\, \\hat p\\right) = \\frac{\\hat\\gamma}{2}\\, \\Delta \\hat p',
      ],
      checks: [mixture],
    },
    {
      id: 'green',
      title: 'Green’s function, and the forward particles',
      text: 'The law of z given the clean x′, and the stochastic equation whose particles have it.',
      latex: [
        "\\hat G(z, t; x') = \\mathcal N\\left(z;\\, m x',\\, s^2 I\\right), \\qquad m = \\xi, \\quad s = \\xi \\sigma",
        'dZ = -b\\, Z\\, dt + \\sqrt{\\hat\\gamma}\\, dW',
      ],
      checks: [impulse, kernelMoments(process, root('particles'))],
    },
  ]
}

function reverseStatements(
  process: Process,
  family: readonly ReverseFamily[],
  root: (name: string) => Key,
): Statement[] {
  const { m, s } = process.kernel(process.schedule.sigma(1))
  const volumes = forwardVolumes(process)
  const alphas = family.map(({ alpha }) => alpha.latex).join(',\\; ')
  return [
    {
      id: 'terminal',
      title: 'The terminal law',
      text:
        `The reverse starts from m x + s w, at t = 1 with m = ${m.toPrecision(4)} and s = ${s.toPrecision(4)}: for data of ` +
        `mean x̄ and covariance C that is close to the Gaussian below, and not to N(0, I) unless m² + s² = 1.`,
      latex: ['p_T \\approx \\mathcal N\\left(m \\bar x,\\; m^2 C + s^2 I\\right)'],
      checks: volumesReachTerminalLaw(process, volumes),
    },
    {
      id: 'reverse',
      title: 'The reverse equation',
      text: 'With tau = T - t and the score of p_t, since Lap q = div(q grad log q), every alpha ≥ 0 has the marginals p_t.',
      latex: [
        '\\partial_\\tau q + \\nabla\\cdot\\left(\\left[b z + \\frac{1+\\alpha}{2}\\, \\hat\\gamma\\, \\nabla\\log p_t\\right] q\\right) = \\frac{\\alpha}{2}\\, \\hat\\gamma\\, \\Delta q',
        `\\alpha \\in \\left\\{${alphas}\\right\\}`,
      ],
      checks: family.flatMap(r => [reverseEquation(r, root('reverse')), volumesReturn(r, volumes)]),
    },
    {
      id: 'particles',
      title: 'The reverse particles',
      text: 'alpha = 0 is the probability-flow ODE, alpha = 1 the reverse stochastic equation of Anderson and Song.',
      latex: [
        'dZ = \\left[b Z + \\frac{1+\\alpha}{2}\\, \\hat\\gamma\\, \\nabla\\log p_t(Z)\\right] d\\tau + \\sqrt{\\alpha \\hat\\gamma}\\, dW',
      ],
      checks: family.map(r => marginals(r)),
    },
    {
      id: 'score-frozen',
      title: 'The step with the score frozen',
      text: 'From sigma to sigma′, all else integrated exactly; w ~ N(0, I). It gives the iterates of variance exploding.',
      latex: [
        "z' = \\frac{\\xi'}{\\xi} z + \\frac{\\Delta + A}{2}\\, \\xi \\xi'\\, \\nabla\\log p + \\xi' \\sqrt{A}\\, w",
        "\\Delta = \\sigma^2 - \\sigma'^2, \\qquad A = \\int_{\\sigma'}^{\\sigma} \\alpha\\, d(\\sigma^2)",
      ],
      checks: family.flatMap(r => [scoreFrozenTotals(r), gaussianOrder(r, 'scoreFrozen')]),
    },
    {
      id: 'denoiser-frozen',
      title: 'The step with the denoiser frozen',
      text: 'The same with D = E[x′ | z] frozen: DDIM at alpha = 0, ancestral DDPM at alpha = 1; stable for every alpha.',
      latex: [
        "z' = \\xi' \\left[ D + \\frac{\\sigma'}{\\sigma} e^{-\\Lambda} \\left(\\frac{z}{\\xi} - D\\right) + \\sigma' \\sqrt{1 - e^{-2\\Lambda}}\\, w \\right]",
        "\\Lambda = \\int_{\\sigma'}^{\\sigma} \\alpha\\, d\\ln\\sigma",
      ],
      checks: family.flatMap(r => [denoiserFrozenTotals(r), gaussianOrder(r, 'denoiserFrozen')]),
    },
    {
      id: 'loss',
      title: 'The loss, and the last step',
      text: 'Denoising score matching: its minimiser is the score, for any weight lambda > 0. Tweedie turns it into D.',
      latex: [
        "\\mathcal L(\\theta) = \\mathbb E_t\\, \\lambda(t)\\, \\mathbb E_{x', \\varepsilon} \\left\\| s_\\theta(m x' + s \\varepsilon,\\, t) + \\frac{\\varepsilon}{s} \\right\\|^2",
        '\\lambda = s^2: \\ \\varepsilon\\text{-loss}, \\qquad \\lambda = \\hat\\gamma: \\ \\text{likelihood weighting}',
        "D(z, \\sigma) = \\mathbb E[x' \\mid z] = \\frac{z + s^2\\, \\nabla\\log p_t(z)}{m}",
      ],
      checks: minimiser(process),
    },
  ]
}
