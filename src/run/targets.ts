/** Densities on which processes are compared: each with its exact denoiser and a distance of samples to the exact law. */
import { slicedDistance, tabulate, type Law } from '../diagnostics/wasserstein.js'
import { array, type NdArray } from '../io/array.js'
import { derive, integers, normal, uniform, type Key } from '../random.js'
import type { Denoiser } from '../scores/denoiser.js'
import { densityDenoisers, mixtureDenoiser } from '../scores/exact/index.js'
import { shippedProblems } from './problems.js'

/** One law to sample: of x given one y, or of x. */
export interface Target {
  readonly condition: Readonly<Record<string, NdArray<Float64Array>>>
  /** Moments of the law, for the start. */
  readonly data: { readonly mean: number | readonly number[]; readonly variance: number | readonly number[] }
  /** W1, or its sliced form, to the law. */
  distance(x: ArrayLike<number>, key: Key): number
  /** Independent draws. */
  draw(key: Key, n: number): Float64Array
}

export interface TargetDensity {
  readonly name: string
  readonly definition: string
  readonly metric: 'W1' | 'sliced W1'
  readonly shape: readonly number[]
  readonly denoise: Denoiser
  readonly targets: readonly Target[]
}

/** What is used of the conditional densities, which are loaded by name. */
interface ConditionalDensity {
  readonly name: string
  readonly definition: string
  readonly grid: readonly number[]
  readonly given: (y: number) => Law
}

export const densityNames = ['bimodal', 'tanh', 'swissroll', 'ring'] as const
export type DensityName = (typeof densityNames)[number]

/** The named density, with about `count` values of y spread over its grid. */
export async function targetDensity(name: DensityName, count: number): Promise<TargetDensity> {
  if (name === 'ring') return ring()
  const problem = (await shippedProblems()).find(p => p.name === 'conditional-densities')
  if (!problem) throw new Error(`the problem 'conditional-densities' is missing from this installation`)
  const { conditionalDensities } = (await import(problem.module)) as { conditionalDensities: ConditionalDensity[] }
  const { definition, grid, given } = conditionalDensities.find(density => density.name === name)!
  const chosen = spread(grid, count)
  return { name, definition, metric: 'W1', shape: [1], denoise: densityDenoisers[name]!, targets: chosen.map(y => line(y, given(y))) } // prettier-ignore
}

/** Up to `count` entries, evenly spaced, both ends among them. */
const spread = (grid: readonly number[], count: number): number[] =>
  count >= grid.length
    ? [...grid]
    : Array.from({ length: count }, (_, i) => grid[Math.round((i * (grid.length - 1)) / Math.max(1, count - 1))]!)

function line(y: number, law: Law): Target {
  const { mean, variance, quantile, distance } = tabulate(law)
  return {
    condition: { y: array(Float64Array.of(y), [1, 1]) },
    data: { mean, variance },
    distance,
    draw: (key, n) => uniform(key, new Float64Array(n)).map(quantile),
  }
}

/** Eight Gaussians of deviation 0.1 on the unit circle. */
function ring(): TargetDensity {
  const centres = Array.from({ length: 8 }, (_, k) => [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)])
  const draw = (key: Key, n: number): Float64Array => {
    const which = integers(derive(key, 'component'), 0, 8, new Int32Array(n))
    return normal(derive(key, 'x'), new Float64Array(2 * n)).map((w, i) => centres[which[i >> 1]!]![i % 2]! + 0.1 * w)
  }
  return {
    name: 'ring',
    definition: 'eight Gaussians of standard deviation 0.1 on the unit circle',
    metric: 'sliced W1',
    shape: [2],
    denoise: mixtureDenoiser(centres.map(mean => ({ weight: 1, mean, covariance: 0.01 }))),
    targets: [
      {
        condition: {},
        data: { mean: [0, 0], variance: [0.51, 0.51] },
        draw,
        distance: (x, key) =>
          slicedDistance(x, draw(derive(key, 'reference'), x.length / 2), 2, derive(key, 'directions')),
      },
    ],
  }
}
