/**
 * The equations solved by finite volumes in one dimension: forward to the terminal law, and back to the data with the stored
 * forward score. A first-order method: halving step and cell halves the error, which a wrong coefficient does not allow.
 */
import {
  cellAverages,
  distance,
  gridOf,
  mass,
  solveForward,
  solveReverse,
  unit,
  type Evolution,
} from '../fokker-planck.js'
import { density, diffuse, testMixture } from '../mixture.js'
import type { Process } from '../process.js'
import type { ReverseFamily } from '../reverse.js'
import { check, type Check } from './check.js'

const CELLS = 800
const STEPS = 400
/** Of order 1, asked for at least 0.75. */
const HALVED = 2 ** -0.75
const reason = 'order 1 in L1: the error with cells and steps twice as large, times 2^-0.75'

/** Levels from sigma(0) to sigma(1), uniform in asinh(sigma / 0.05): linear where the data is narrow, then logarithmic. */
function levels({ schedule }: Process, steps: number): number[] {
  const core = 0.05
  const [from, to] = [schedule.sigma(0), schedule.sigma(1)]
  const [a, b] = [Math.asinh(from / core), Math.asinh(to / core)]
  const inside = Array.from({ length: steps - 1 }, (_, n) => core * Math.sinh(a + ((b - a) * (n + 1)) / steps))
  return [from, ...inside, to]
}

/** The test mixture on a process, as a density of z at a level. */
const law = (process: Process, sigma: number) => {
  const mixture = diffuse(testMixture, process.kernel(sigma))
  return (z: number): number => density(mixture, z)
}

/** Forward solutions on a grid and on one twice as coarse. */
export function forwardVolumes(process: Process): { fine: Evolution; coarse: Evolution } {
  const solve = (factor: number): Evolution => {
    const sigmas = levels(process, STEPS / factor)
    return solveForward(process, gridOf(7, CELLS / factor), law(process, sigmas[0]!), sigmas)
  }
  return { fine: solve(1), coarse: solve(2) }
}

/** The forward solution is the diffused mixture, half-way and at the end, and keeps its mass. */
export function volumesReachTerminalLaw(
  process: Process,
  { fine, coarse }: ReturnType<typeof forwardVolumes>,
): Check[] {
  const error = ({ grid, sigmas, densities }: Evolution, n: number): number =>
    distance(grid, densities[n]!, cellAverages(grid, unit(process.kernel(sigmas[n]!)), law(process, sigmas[n]!)))
  const drift = Math.abs(mass(fine.grid, fine.densities.at(-1)!) / mass(fine.grid, fine.densities[0]!) - 1)
  return [
    ...[STEPS / 2, STEPS].map(n => {
      const at = `sigma = ${fine.sigmas[n]!.toPrecision(3)}`
      return converges('forward volumes reach p_t', at, error(fine, n), error(coarse, n / 2))
    }),
    check('mass is conserved', drift, 1e-12, 'round-off'),
  ]
}

/** The reverse equation, from the forward solution at the end, returns to the data for any alpha. */
export function volumesReturn(
  reverse: Pick<ReverseFamily, 'alpha' | 'increments'>,
  { fine, coarse }: ReturnType<typeof forwardVolumes>,
): Check {
  const error = (forward: Evolution): number =>
    distance(forward.grid, solveReverse(reverse, forward).densities[0]!, forward.densities[0]!)
  return converges('reverse volumes return to the data', `alpha = ${reverse.alpha.text}`, error(fine), error(coarse))
}

/** The fine error against the coarse one, with the order measured. */
const converges = (name: string, at: string, fine: number, coarse: number): Check =>
  check(name, fine, HALVED * coarse, reason, `${at}: order ${Math.log2(coarse / fine).toFixed(2)}`)
