/**
 * The forward and reverse equations, put to the test on laws known in closed form: every derivative is symbolic, and the
 * coefficients b, gamma^ and those of the reverse family are the ones under test, passed in.
 *
 *   g(z, sigma; mu, c) = N(z; m mu, m^2 (c + sigma^2)),   m = xi(sigma)
 *
 * is the law of z for data N(mu, c), and Green's function for c = 0. Mixtures follow, the equations being linear.
 */
import { formula } from '../../expression.js'
import { uniform, type Key } from '../../random.js'
import { testMixture, type Mixture } from '../mixture.js'
import type { Path } from '../path.js'
import type { Process } from '../process.js'
import { integrate } from '../quadrature.js'
import type { ReverseFamily } from '../reverse.js'
import { check, worst, type Check } from './check.js'

const POINTS = 64
const ROUND_OFF = 1e-9
const roundOff = `round-off of symbolic derivatives, relative to the terms, at ${POINTS} random points`

/** A law and its derivatives at a point. */
interface Jet {
  readonly p: number
  readonly dz: number
  readonly dzz: number
  readonly dsigma: number
}

type Law = (z: number, sigma: number) => Jet

/**
 * The diffused law of sum_i w_i N(mu_i, c_i) on a path. g is differentiated once in z, m and sigma; with xi', symbolic too,
 * d/dsigma = d_sigma + xi' d_m.
 */
function lawOf(path: Path, mixture: Mixture): Law {
  const { p, dz, dzz, dm, dsigma } = (transition ??= differentiated())
  const slope = path.xi.derivative('sigma')
  return (z, sigma) => {
    const m = path.xi.value({ sigma })
    const xi1 = slope.value({ sigma })
    const sum = { p: 0, dz: 0, dzz: 0, dsigma: 0 }
    for (const { w, mu, c } of mixture) {
      const at = { z, m, sigma, mu, c }
      sum.p += w * p.value(at)
      sum.dz += w * dz.value(at)
      sum.dzz += w * dzz.value(at)
      sum.dsigma += w * (dsigma.value(at) + xi1 * dm.value(at))
    }
    return sum
  }
}

let transition: ReturnType<typeof differentiated> | undefined
function differentiated() {
  const p = formula('exp(-(z - m * mu)^2 / (2 * m^2 * (c + sigma^2))) / (m * sqrt(2 * pi * (c + sigma^2)))', {
    variables: ['z', 'm', 'sigma', 'mu', 'c'],
  })
  const dz = p.derivative('z')
  return { p, dz, dzz: dz.derivative('z'), dm: p.derivative('m'), dsigma: p.derivative('sigma') }
}

/** |sum of terms| / sum of |terms|. */
const imbalance = (...terms: number[]): number =>
  Math.abs(terms.reduce((a, b) => a + b)) / terms.reduce((a, b) => a + Math.abs(b), 0)

/** Points (t, z): t in (0, 1), z within three deviations of a random component of the law. */
function randomPoints(process: Process, mixture: Mixture, key: Key): { t: number; z: number }[] {
  const u = uniform(key, new Float64Array(3 * POINTS), 0)
  return Array.from({ length: POINTS }, (_, i) => {
    const t = Math.max(u[3 * i]!, 1e-3)
    const sigma = process.schedule.sigma(t)
    const { mu, c } = mixture[Math.floor(u[3 * i + 1]! * mixture.length)]!
    const { m } = process.kernel(sigma)
    return { t, z: m * (mu + 3 * (2 * u[3 * i + 2]! - 1) * Math.sqrt(c + sigma ** 2)) }
  })
}

const place = ({ t, z }: { t: number; z: number }): string => `t = ${t.toPrecision(3)}, z = ${z.toPrecision(3)}`

/** d_t p + div(-b z p) = (gamma^/2) Lap p, for Green's function (c = 0) and for a mixture. */
export function forwardEquation(process: Process, key: Key): Check[] {
  const { path, schedule } = process
  const impulse = [{ w: 1, mu: 0.7, c: 0 }]
  return [['Green’s function', impulse] as const, ['a Gaussian mixture', testMixture] as const].map(
    ([name, mixture]) => {
      const law = lawOf(path, mixture)
      const found = worst(randomPoints(process, mixture, key), ({ t, z }) => {
        const sigma = schedule.sigma(t)
        const { p, dz, dzz, dsigma } = law(z, sigma)
        const dt = (dsigma * schedule.gamma(t)) / (2 * sigma)
        const b = process.drift(t)
        return imbalance(dt, -b * p, -b * z * dz, (-process.diffusion(t) / 2) * dzz)
      })
      return check(`forward equation, ${name}`, found.residual, ROUND_OFF, roundOff, place(found.place))
    },
  )
}

/** d_tau q + div([b z + (1+alpha)/2 gamma^ score] q) = (alpha/2) gamma^ Lap q, for a mixture, in the clock -ln sigma. */
export function reverseEquation(reverse: Pick<ReverseFamily, 'process' | 'alpha' | 'rates'>, key: Key): Check {
  const { process, alpha } = reverse
  const law = lawOf(process.path, testMixture)
  const found = worst(randomPoints(process, testMixture, key), ({ t, z }) => {
    const sigma = process.schedule.sigma(t)
    const { p, dz, dzz, dsigma } = law(z, sigma)
    const rate = reverse.rates(sigma)
    const score = dz / p
    const divScore = dzz / p - score ** 2
    const stretch = [rate.z * p, rate.z * z * dz]
    const pull = [rate.score * divScore * p, rate.score * score * dz]
    return imbalance(-sigma * dsigma, ...stretch, ...pull, (-(rate.w ** 2) / 2) * dzz)
  })
  return check(
    'reverse equation, a Gaussian mixture',
    found.residual,
    ROUND_OFF,
    roundOff,
    `alpha = ${alpha.text}, ${place(found.place)}`,
  )
}

/** sigma^2 and ln xi against the integrals of their rates gamma and -b, by quadrature over random intervals of t. */
export function rates(process: Process, key: Key): Check[] {
  const { schedule, path } = process
  const u = uniform(key, new Float64Array(32), 0)
  const intervals = Array.from({ length: 16 }, (_, i) =>
    [u[2 * i]!, u[2 * i + 1]!].map(t => Math.max(t, 1e-3)).sort((a, b) => a - b),
  )
  const change = (f: (t: number) => number, rate: (t: number) => number) =>
    worst(intervals, ([a, b]) => {
      const scale = Math.max(Math.abs(f(a!)), Math.abs(f(b!)), 1e-3)
      return Math.abs(f(b!) - f(a!) - integrate(rate, a!, b!)) / scale
    })
  const at = ([a, b]: number[]): string => `t = ${a!.toPrecision(3)} to ${b!.toPrecision(3)}`
  const reason = 'quadrature and round-off, relative'
  const variance = change(t => schedule.sigma(t) ** 2, schedule.gamma)
  const scale = change(
    t => path.logScale(schedule.sigma(t)),
    t => -process.drift(t),
  )
  return [
    check('gamma = d(sigma^2)/dt', variance.residual, ROUND_OFF, reason, at(variance.place)),
    check('b = -d(ln xi)/dt', scale.residual, ROUND_OFF, reason, at(scale.place)),
  ]
}
