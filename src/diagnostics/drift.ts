/**
 * Watching scores over time: an alarm when they stop being exchangeable with those of calibration, with a bound on the
 * probability that a false alarm is *ever* raised.
 *
 * Each score is ranked among all before it: p_t = (#{s_i > s_t} + u_t (#{s_i = s_t} + 1))/(n + t), u_t uniform, s_i the n
 * calibration scores and those observed so far. Under exchangeability the p_t are independent and uniform (V. Vovk,
 * I. Nouretdinov, A. Gammerman, ICML 2003). The monitor bets against that: a stake starts asleep, a share 1/(s (s + 1)) of it
 * awakes at each time s, and what is awake is multiplied by a density f(p_t). Its capital M_t is a martingale of mean 1 and
 * never negative, so P(sup_t M_t >= 1/delta) <= delta (J. Ville 1939): the alarm is M_t >= 1/delta.
 * A change at time s is found after about (ln(1/delta) + 2 ln s)/E ln f(p) scores (V. Vovk et al., arXiv 2102.10439).
 */
import { elements, type NdArray } from '../io/array.js'
import { derive, uniform, type Key } from '../random.js'
import { countBelow } from './conformal.js'
import { scoresOf } from './segmentation/ranked.js'

/** Which change of the scores is looked for. */
export type Direction = 'higher' | 'lower' | 'both'

export interface DriftOptions {
  /** delta in (0, 1): the probability of ever raising a false alarm. Default 0.01. */
  readonly falseAlarm?: number
  /** Default `higher`: more anomalies, or a model that no longer fits. */
  readonly direction?: Direction
  /** For u_t, which breaks ties. */
  readonly key: Key
}

export interface Observation {
  /** Conformal p-value: small where the score is high. */
  readonly p: number
  /** Capital M_t: evidence against exchangeability. */
  readonly capital: number
  /** Whether the capital has reached 1/delta, now or before. */
  readonly alarm: boolean
}

export interface DriftMonitor {
  /** Takes the next score; O(n) moves of memory and 8 bytes kept. Throws RangeError for NaN. */
  observe(score: number): Observation
  /** Scores observed so far. */
  readonly observed: number
  /** The first observation, from 1, at which the alarm was raised; null where it was not. */
  readonly alarmedAt: number | null
}

/**
 * Exponents of the power bets f(p) = e p^(e - 1), each of mean 1 under uniform p. Small ones win on a few very small p, large
 * ones on a slight shift.
 */
const exponents = [0.1, 0.3, 0.5, 0.7, 0.9]

/**
 * A monitor of a stream of scores. It is a function of its scores and key: to resume, let it observe the past ones again.
 * After an alarm, find the cause and begin a new one with new calibration scores.
 *
 * @param calibration scores of normal operation, held out from training, [n], n >= 1. More of them find slighter changes; a
 *   change of the stream is compared with these and with what came before it, so that they also say how long it stays visible.
 * @throws RangeError for an empty or NaN calibration set, or falseAlarm outside (0, 1).
 */
export function driftMonitor(
  calibration: NdArray,
  { falseAlarm = 0.01, direction = 'higher', key }: DriftOptions,
): DriftMonitor {
  if (!(falseAlarm > 0 && falseAlarm < 1)) throw new RangeError(`driftMonitor: falseAlarm = ${falseAlarm} is not in (0, 1)`) // prettier-ignore
  if (!['higher', 'lower', 'both'].includes(direction)) throw new RangeError(`driftMonitor: direction '${direction}' is not higher, lower or both`) // prettier-ignore
  if (elements(calibration).length === 0) throw new RangeError('driftMonitor: no calibration scores; hold some of normal operation out') // prettier-ignore
  const past = history(scoresOf(calibration, 'driftMonitor: calibration'))
  const capital = bettor(direction)
  const ties = derive(key, 'drift')
  const u = new Float64Array(1)
  let t = 0
  let alarmedAt: number | null = null
  return {
    observe(score) {
      if (Number.isNaN(score))
        throw new RangeError(`driftMonitor: score ${t + 1} is NaN; leave it out, or find out why`)
      uniform(ties, u, t)
      const { above, equal } = past.insert(score)
      const p = (above + u[0]! * (equal + 1)) / past.length()
      t++
      const M = capital(p)
      if (alarmedAt === null && M >= 1 / falseAlarm) alarmedAt = t
      return { p, capital: M, alarm: alarmedAt !== null }
    },
    get observed() {
      return t
    },
    get alarmedAt() {
      return alarmedAt
    },
  }
}

/** 1 - p where it rounds to 0: a smaller bet is as fair. */
const LEAST = 2 ** -54

/** The capital after each p-value, betting on small ones, large ones, or with half the stake on each. */
function bettor(direction: Direction): (p: number) => number {
  const bets = [
    ...(direction === 'lower' ? [] : exponents.map(e => (p: number) => e * p ** (e - 1))),
    ...(direction === 'higher' ? [] : exponents.map(e => (p: number) => e * Math.max(1 - p, LEAST) ** (e - 1))),
  ]
  const awake = bets.map(() => 0)
  let s = 0
  return p => {
    s++
    const wakes = 1 / (s * (s + 1)) / bets.length
    let total = 1 / (s + 1)
    bets.forEach((f, i) => {
      awake[i] = (awake[i]! + wakes) * f(p)
      total += awake[i]
    })
    return total
  }
}

/** Scores in order, in an array that doubles. */
function history(scores: Float32Array | Float64Array) {
  let sorted = new Float64Array(2 * scores.length)
  let length = scores.length
  sorted.set(Float64Array.from(scores).sort())
  return {
    length: (): number => length,
    /** Puts a score in its place, and counts those before it that were higher and equal. */
    insert(score: number): { above: number; equal: number } {
      const below = countBelow(sorted, score, length)
      let notAbove = below
      while (notAbove < length && sorted[notAbove] === score) notAbove++
      const found = { above: length - notAbove, equal: notAbove - below }
      if (length === sorted.length) {
        const longer = new Float64Array(2 * length)
        longer.set(sorted)
        sorted = longer
      }
      sorted.copyWithin(below + 1, below, length)
      sorted[below] = score
      length++
      return found
    },
  }
}
