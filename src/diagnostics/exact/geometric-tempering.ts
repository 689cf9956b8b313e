/**
 * Parallel tempering with Gauss-Newton proposals: reference samples in a few parameters that measurements determine sharply, in
 * several places or along curves, where a random walk of one covariance would creep. Each level proposes by the curvature at
 * the place where it is (gauss-newton.ts); the ladder is that of tempering.ts.
 */
import { array, zeros } from '../../io/array.js'
import { derive, normal, uniform } from '../../random.js'
import { assertCounts, judged, type ChainOptions } from './chains.js'
import { acceptance, localGaussian, proposed, type LocalGaussian, type Place } from './gauss-newton.js'
import { openLadder } from './ladder.js'
import { isWithin, openPlaces, parametersOf, type MeasuredParameters } from './places.js'
import type { TemperedDraws } from './tempering.js'

export interface GeometricOptions extends ChainOptions, MeasuredParameters {
  /** Walkers of each chain, at least 2; 10 unless given. */
  readonly levels?: number
}

/** h adapts to this acceptance; each fourth proposal is a third as long, for places whose curvature changes fast. */
const [TARGET, SHORT, SHARE] = [0.5, 1 / 3, 0.25]

/** Chains that start from draws of the prior. Yields the share that is done. The same options give the same draws. */
export async function* geometricSteps(options: GeometricOptions): AsyncGenerator<number, TemperedDraws> {
  const where = 'geometricSteps'
  const { prior, draws, thin = 1, chains = 4, levels = 10, key } = options
  const warmup = options.warmup ?? draws * thin
  assertCounts({ draws, thin, chains, warmup }, where)
  if (!(Number.isSafeInteger(levels) && levels >= 2)) throw new RangeError(`${where}: levels = ${levels}; wants an integer from 2`) // prettier-ignore
  const p = prior.names.length
  const walkers = chains * levels
  const ladder = openLadder(levels, chains, warmup)
  const placesOf = openPlaces(options)
  const h = new Float64Array(levels).fill(0.5)
  const [xi, u] = [new Float64Array(walkers * p), new Float64Array(2 * walkers)]
  const accepted = new Float64Array(chains)
  const rowOf = (w: number): Float64Array => xi.slice(w * p, (w + 1) * p)
  normal(derive(key, 'start'), xi)
  const places = await placesOf(Array.from({ length: walkers }, (_, w) => rowOf(w)))

  /** A proposal of each walker; those that leave the range stay. */
  function propose(): { from: LocalGaussian | null; z: Float64Array; h: number }[] {
    const betas = ladder.betas()
    return places.map((place, w) => {
      const level = Math.floor(w / chains)
      if (betas[level] === 0) return { from: null, z: rowOf(w), h: 1 }
      const own = h[level]! * (isShort(w) ? SHORT : 1)
      const from = localGaussian(place, betas[level]!)
      const z = proposed(from, own, rowOf(w))
      return { from, z: isWithin(z) ? z : place.z, h: own }
    })
  }
  const isShort = (w: number): boolean => u[walkers + w]! < SHARE

  function decide(step: number, moves: ReturnType<typeof propose>, next: readonly Place[]): void {
    const betas = ladder.betas()
    const chance = new Float64Array(levels)
    moves.forEach(({ from, h }, w) => {
      const [level, to] = [Math.floor(w / chains), next[w]!]
      if (!from) {
        places[w] = to
        ladder.drawn(w)
        return
      }
      const probability = to.z === from.place.z ? 0 : acceptance(from, localGaussian(to, betas[level]!), betas[level]!, h) // prettier-ignore
      if (!isShort(w)) chance[level]! += (probability - TARGET) / chains
      if (!(u[w]! < probability)) return
      places[w] = to
      if (step >= warmup && level === 0) accepted[w]!++
    })
    if (step < warmup) chance.forEach((excess, l) => (h[l] = Math.min(1, h[l]! * Math.exp(excess * (step + 1) ** -0.6)))) // prettier-ignore
  }

  const kept = zeros('float64', [chains, draws, p])
  const logs = zeros('float64', [chains, draws])
  const steps = warmup + draws * thin
  for (let step = 0; step < steps; step++) {
    normal(derive(key, 'propose'), xi, step * xi.length)
    uniform(derive(key, 'accept'), u, step * u.length)
    const moves = propose()
    decide(step, moves, await placesOf(moves.map(({ z }) => z)))
    uniform(derive(key, 'exchange'), u, step * u.length)
    ladder.exchange(step, u, w => places[w]!.log, (a, b) => ([places[a], places[b]] = [places[b]!, places[a]!])) // prettier-ignore
    if (step < warmup) ladder.adapt(step)
    const after = step - warmup + 1
    if (after > 0 && after % thin === 0)
      for (let c = 0; c < chains; c++) {
        const at = c * draws + after / thin - 1
        const theta = parametersOf(prior, places[c]!.z)
        kept.data.set(theta, at * p)
        logs.data[at] = places[c]!.log + prior.logDensity(array(theta, [1, p]))[0]!
      }
    yield (step + 1) / steps
  }
  return {
    ...judged(kept),
    ...{ log: logs, betas: ladder.betas(), exchanges: ladder.exchanges(), arrivals: ladder.arrivals() },
    acceptance: accepted.map(n => n / (draws * thin)),
    evaluations: walkers * (p + 1) * (steps + 1),
  }
}
