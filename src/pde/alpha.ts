/**
 * alpha >= 0 chooses a member of the reverse family (theory.md, section 3): 0 the probability-flow ODE, 1 the reverse SDE of
 * Anderson and Song, above 1 more of both noise and drift. It is a constant, or a formula of t or sigma. A step needs its
 * integrals between two levels, never its value at a node.
 */
import { formula, type Formula } from '../expression.js'
import { integrate } from './quadrature.js'
import type { Schedule } from './schedule.js'

export interface Alpha {
  /** As written, and in LaTeX. */
  readonly text: string
  readonly latex: string
  /** alpha at a level. */
  readonly at: (sigma: number) => number
  /** int alpha w(sigma) d(sigma^2) over [to, from]; w = 1 unless given. */
  readonly variance: (from: number, to: number, weight?: (sigma: number) => number) => number
  /** int alpha d(ln sigma) over [to, from]; Infinity when to = 0 and alpha > 0 there. */
  readonly decay: (from: number, to: number) => number
}

/**
 * A constant alpha, or a formula of t and sigma such as `2 * exp(-sigma)` or `1 - t`. One that jumps is integrated to
 * about 1e-4 only.
 *
 * @param schedule gives t at a level.
 * @throws RangeError for a negative or infinite alpha, with its place. FormulaError for a text that does not parse.
 */
export function alphaOf(value: number | string, schedule: Schedule): Alpha {
  return typeof value === 'number' ? constant(value) : written(value, schedule)
}

function constant(value: number): Alpha {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`alpha = ${value} is not a finite number >= 0`)
  return {
    text: String(value),
    latex: String(value),
    at: () => value,
    variance: (from, to, weight) => value * integralOfVariance(from, to, weight),
    decay: (from, to) => (value === 0 ? 0 : value * Math.log(from / to)),
  }
}

function written(text: string, schedule: Schedule): Alpha {
  const f = formula(text, { variables: ['t', 'sigma'] })
  for (let i = 0; i <= 256; i++) {
    const t = i / 256
    const value = f.value({ t, sigma: schedule.sigma(t) })
    if (!(value >= 0)) throw new RangeError(`alpha = ${text} is ${value} at t = ${t}; wants alpha >= 0`)
  }
  const { at, variance } = mentionsTime(text) ? overTime(f, schedule) : overVariance(f)
  return {
    text,
    latex: f.latex(),
    at,
    variance,
    decay: (from, to) => (to > 0 ? variance(from, to, sigma => 0.5 / sigma ** 2) : at(0) > 0 ? Infinity : 0),
  }
}

type Integral = Pick<Alpha, 'at' | 'variance'>

function overVariance(f: Formula): Integral {
  const at = (sigma: number): number => f.value({ sigma })
  return {
    at,
    variance: (from, to, weight = () => 1) => integralOfVariance(from, to, sigma => at(sigma) * weight(sigma)),
  }
}

/** d(sigma^2) = gamma dt spares the inverse sigma -> t at every node. */
function overTime(f: Formula, schedule: Schedule): Integral {
  const rate = (t: number, weight: (sigma: number) => number): number => {
    const sigma = schedule.sigma(t)
    return f.value({ t, sigma }) * weight(sigma) * schedule.gamma(t)
  }
  return {
    at: sigma => f.value({ sigma, t: schedule.time(sigma) }),
    variance: (from, to, weight = () => 1) => integrate(t => rate(t, weight), schedule.time(to), schedule.time(from)),
  }
}

/** Whether a formula that parses with t and sigma needs t. */
function mentionsTime(text: string): boolean {
  try {
    formula(text, { variables: ['sigma'] })
    return false
  } catch {
    return true
  }
}

/** int w(sigma) d(sigma^2) over [to, from]: from^2 - to^2 when w is not given. */
export function integralOfVariance(from: number, to: number, weight?: (sigma: number) => number): number {
  if (!weight) return (from - to) * (from + to)
  return integrate(v => weight(Math.sqrt(v)), to ** 2, from ** 2)
}
