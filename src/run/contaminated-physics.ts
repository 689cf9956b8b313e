/**
 * Robust losses on a scientific training set: advection-diffusion fields and their sensors, of which a share is wrong, judged by
 * the posterior, which is known exactly.
 *
 *   x0 ~ N(0, C) on 24 periodic cells, y = (concentrations at 8 sensors after the flow) + noise;  x0 | y ~ N(m(y), V)
 *
 * What a wrong example is (`kind`): `diverged`, a simulation whose unknown has five times its size; `mismatch`, whose
 * measurement belongs to another simulation; `stuck`, half of whose sensors give 0.
 */
import { linearEstimator, linearStatistics } from '../linalg/conditioning.js'
import { coverage } from '../diagnostics/coverage.js'
import { poolRanks, ranksOf, type Ranks } from '../diagnostics/ranks.js'
import { array, elements, type NdArray } from '../io/array.js'
import { advectionDiffusion } from '../physics/advection-diffusion.js'
import { uniformFlow } from '../physics/flows.js'
import { gaussianField } from '../physics/gaussian-field.js'
import { cellGrid } from '../physics/grid.js'
import { derive, key, normal, permutation, type Key } from '../random.js'
import { openSampler, steps as registry, timeGrids } from '../samplers/index.js'
import { mlp } from '../scores/networks.js'
import { denoiserOf } from '../scores/preconditioning.js'
import { trainable } from '../training/model.js'
import { logNormal } from '../training/noise-levels.js'
import { arraySources } from '../training/sources.js'
import { train } from '../training/train.js'
import { weighting } from '../training/weighting.js'
import * as tf from '@tensorflow/tfjs'
import { processes, processFrom } from './process.js'
import { lossOf } from './segment/train.js'

export const corruptions = ['diverged', 'mismatch', 'stuck'] as const
export type Corruption = (typeof corruptions)[number]

export interface PhysicsStudyOptions {
  /** Default `diverged`. */
  readonly kind?: Corruption
  /** Shares of wrong examples; default 0, 0.1, 0.2, 0.3. */
  readonly contamination?: readonly number[]
  /** Losses as `lossOf` takes them; default mse, huber:delta=0.2 and lts-level:keep=0.7. */
  readonly losses?: readonly string[]
  /** Default 3. */
  readonly seeds?: number
  /** Simulations to train on; default 16384. */
  readonly simulations?: number
  /** Training steps; default 5000. */
  readonly steps?: number
  /** Observations that are judged; default 32. */
  readonly observations?: number
  /** Posterior samples of each; default 128. */
  readonly samples?: number
  readonly threads?: number
  readonly signal?: AbortSignal
  readonly progress?: (text: string) => void
}

export interface PhysicsRow {
  readonly contamination: number
  readonly loss: string
  readonly seed: number
  /** Root mean square of (posterior mean - exact mean)/(exact deviation), over cells and observations; sampling alone gives 1/sqrt(samples). */
  readonly meanError: number
  /** Root mean square of the posterior's deviation over that of the exact one. */
  readonly deviationRatio: number
  /** How often the central 90 % interval of a cell holds the truth. */
  readonly coverage: number
}

const cells = 24
const sensors = Array.from({ length: 8 }, (_, i) => 3 * i + 1)
const noise = 0.1

/** The problem: prior, simulator with noise, and the exact posterior. */
function problem() {
  const grid = cellGrid([cells])
  const prior = gaussianField({ grid, boundary: 'periodic', length: 0.15 })
  const solver = advectionDiffusion({ grid, kappa: 0.01, velocity: uniformFlow(grid, [0.4]), sides: 'periodic', steps: 10, dt: 0.05 }) // prettier-ignore
  const march = solver.map('initial')
  /** Concentrations at the sensors after the last step, without noise: [n, 8]. */
  const measure = (x: NdArray): NdArray<Float64Array> => {
    const n = x.shape[0]!
    const states = elements(march.apply(x))
    const row = states.length / n
    return array(Float64Array.from({ length: n * sensors.length }, (_, k) => states[Math.floor(k / sensors.length) * row + row - cells + sensors[k % sensors.length]!]!), [n, sensors.length]) // prettier-ignore
  }
  const unit = array(Float64Array.from({ length: cells ** 2 }, (_, k) => (k % (cells + 1) === 0 ? 1 : 0)), [cells, cells]) // prettier-ignore
  const columns = elements(measure(unit))
  const rows = array(Float64Array.from({ length: sensors.length * cells }, (_, k) => columns[(k % cells) * sensors.length + Math.floor(k / cells)]!), [sensors.length, cells]) // prettier-ignore
  const exact = linearEstimator(linearStatistics(prior, rows), array(new Float64Array(sensors.length).fill(noise ** 2)))
  /** n simulations and their measurements. */
  const simulate = (k: Key, n: number) => {
    const x = prior.sample(derive(k, 'prior'), n)
    const w = normal(derive(k, 'noise'), new Float64Array(n * sensors.length))
    return {
      x,
      y: array(
        elements(measure(x)).map((v, i) => v + noise * w[i]!),
        [n, sensors.length],
      ),
    }
  }
  return { exact, simulate }
}

type Pairs = { readonly x: NdArray<Float64Array>; readonly y: NdArray<Float64Array> }

/** The pairs with a share of them wrong, at random places; those of a smaller share are among those of a larger one. */
export function corrupt({ x, y }: Pairs, share: number, kind: Corruption, k: Key): Pairs {
  const n = x.shape[0]!
  const m = y.shape[1]!
  const wrong = permutation(derive(k, 'wrong'), n).subarray(0, Math.round(share * n))
  const [xs, ys] = [elements(x).slice(), elements(y).slice()]
  const size = xs.length / n
  wrong.forEach((i, at) => {
    if (kind === 'diverged') for (let c = 0; c < size; c++) xs[i * size + c]! *= 5
    else if (kind === 'stuck') ys.fill(0, i * m, i * m + Math.floor(m / 2))
    else ys.set(elements(y).subarray(wrong[(at + 1) % wrong.length]! * m, (wrong[(at + 1) % wrong.length]! + 1) * m), i * m) // prettier-ignore
  })
  return { x: array(xs, x.shape), y: array(ys, y.shape) }
}

/**
 * A row for each share, loss and seed; the observations are sound ones, the same for all.
 * @throws RangeError for unknown losses, and shares outside [0, 1)
 */
export async function physicsStudy(given: PhysicsStudyOptions = {}): Promise<PhysicsRow[]> {
  const { kind = 'diverged', contamination = [0, 0.1, 0.2, 0.3], losses = ['mse', 'huber:delta=0.2', 'lts-level:keep=0.7'], seeds = 3, simulations = 16384, steps = 5000, observations = 32, samples = 128, threads, signal, progress } = given // prettier-ignore
  for (const share of contamination) if (!(share >= 0 && share < 1)) throw new RangeError(`physicsStudy: contamination ${share} is not in [0, 1)`) // prettier-ignore
  const chosen = losses.map(text => [text, lossOf(text)] as const)
  const { exact, simulate } = problem()
  const judged = simulate(key(0, 'physics', 'judged'), observations)
  const engine = threads === undefined ? {} : { threads }
  const rows: PhysicsRow[] = []
  for (let seed = 0; seed < seeds; seed++) {
    const sound = simulate(key(seed, 'physics', 'training'), simulations)
    for (const share of contamination) {
      const pairs = corrupt(sound, share, kind, key(seed, 'physics'))
      for (const [name, loss] of chosen) {
        signal?.throwIfAborted()
        progress?.(`seed ${seed}, ${Math.round(100 * share)} % wrong, ${name}`)
        const network = mlp({ shape: [cells], embedding: sensors.length, width: 64, blocks: 2 })
        const sources = arraySources({ x: pairs.x, embedding: pairs.y }, { seed })
        const levels = logNormal({ mean: -1, sd: 1.5 })
        const { weights } = await train(trainable(network), { data: sources.data, heldOut: sources.heldOut, seed, steps, batch: 64, levels, loss, weighting: weighting('edm'), engine, ...(signal && { signal }) }) // prettier-ignore
        const tensors = Object.entries(weights).map(
          ([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const,
        )
        const sampler = openSampler({ denoise: denoiserOf(network, Object.fromEntries(tensors)), shape: [cells], step: registry.create('heun'), ...engine }) // prettier-ignore
        try {
          const judge = judgeOf(exact)
          const process = processFrom(processes.vp)
          const grid = timeGrids.create('karras', { sigmaMin: 0.01, sigmaMax: 20 })(process.schedule, 15)
          // All observations in one call, the samples of each beside each other.
          const n = observations * samples
          const ys = Float32Array.from({ length: n * sensors.length }, (_, k) => judged.y.data[Math.floor(k / sensors.length / samples) * sensors.length + (k % sensors.length)]!) // prettier-ignore
          const condition = { embedding: array(ys, [n, sensors.length]) }
          const { x } = await sampler.sample({ n, process, levels: grid, condition, seed })
          for (let o = 0; o < observations; o++) {
            const own = elements(x as NdArray).slice(o * samples * cells, (o + 1) * samples * cells)
            const y = array(elements(judged.y).slice(o * sensors.length, (o + 1) * sensors.length))
            judge.add(array(own, [samples, cells]), y, array(elements(judged.x).slice(o * cells, (o + 1) * cells)))
          }
          rows.push({ contamination: share, loss: name, seed, ...judge.result() })
        } finally {
          await sampler.dispose()
          tf.dispose(tensors.map(([, tensor]) => tensor))
        }
      }
    }
  }
  return rows
}

/** Judges samples of posteriors by the exact ones. */
function judgeOf(exact: ReturnType<typeof linearEstimator>) {
  let [n, error, variance] = [0, 0, 0]
  const ranks: Ranks[] = []
  return {
    add(x: NdArray, y: NdArray, truth: NdArray): void {
      const [data, m, s] = [elements(x) as Float32Array, elements(exact.mean(y)), elements(exact.std)]
      const samples = x.shape[0]!
      for (let c = 0; c < cells; c++) {
        let [sum, squares] = [0, 0]
        for (let r = 0; r < samples; r++) {
          sum += data[r * cells + c]!
          squares += data[r * cells + c]! ** 2
        }
        const mean = sum / samples
        n++
        error += ((mean - m[c]!) / s[c]!) ** 2
        variance += (squares / samples - mean ** 2) / s[c]! ** 2
      }
      ranks.push(ranksOf(x, truth))
    },
    result: () => ({
      meanError: Math.sqrt(error / n),
      deviationRatio: Math.sqrt(variance / n),
      coverage: coverage(poolRanks(ranks), [0.9])[0]!.covered,
    }),
  }
}
