/** The ladder of parallel tempering: inverse temperatures from 1 (the posterior) to 0 (the prior), and exchanges along it. */
import { forgets } from './random-walk.js'

/** Each step the same factor down to 1e-4, and then 0. */
export function firstLadder(levels: number): Float64Array {
  return Float64Array.from({ length: levels }, (_, l) =>
    l === 0 ? 1 : l === levels - 1 ? 0 : 1e-4 ** (l / Math.max(1, levels - 2)),
  )
}

/**
 * The ladder whose neighbours would reject exchanges equally often: levels at equal steps of the rejections summed along it,
 * Lambda(beta), taken as linear in ln beta between the levels, and in beta next to the prior (Syed and others 2022,
 * algorithm 2, which interpolates by a monotone cubic).
 *
 * @param rejections mean probability of rejection between levels l and l + 1.
 */
export function adaptedLadder(betas: Float64Array, rejections: Float64Array): Float64Array {
  const barrier = new Float64Array(betas.length)
  rejections.forEach((r, l) => (barrier[l + 1] = barrier[l]! + Math.max(r, 1e-3)))
  const total = barrier.at(-1)!
  let l = 0
  return betas.map((_, k) => {
    if (k === 0 || k === betas.length - 1) return betas[k]!
    const at = (total * k) / (betas.length - 1)
    while (barrier[l + 1]! < at) l++
    const share = (at - barrier[l]!) / (barrier[l + 1]! - barrier[l]!)
    const [high, low] = [betas[l]!, betas[l + 1]!]
    return low > 0 ? high * (low / high) ** share : high * (1 - share)
  })
}

/** A ladder for each chain, all with the same levels; walker l chains + c is level l of chain c. */
export interface Ladder {
  /** 1 = beta_0 > ... > beta_K = 0; one level is 1. */
  betas(): Float64Array
  /** Says that a walker is a fresh draw of the prior. */
  drawn(walker: number): void
  /**
   * Exchanges neighbours, even and odd pairs by turns, with probability min(1, (L_b/L_a)^(beta_a - beta_b)).
   *
   * @param u uniform numbers, one for each walker.
   * @param log ln L of each walker.
   * @param swap exchanges what two walkers hold.
   */
  exchange(step: number, u: Float64Array, log: (walker: number) => number, swap: (a: number, b: number) => void): void
  /** After each step of the warm-up: at powers of two the levels move, and at its end the counts begin anew. */
  adapt(step: number): void
  /** Share of exchanges between levels l and l + 1 that were accepted since the warm-up. */
  exchanges(): Float64Array
  /** Journeys from the prior to the posterior since the warm-up, all chains together. */
  arrivals(): number
}

export function openLadder(levels: number, chains: number, warmup: number): Ladder {
  const last = levels - 1
  let betas = firstLadder(levels)
  const [rejected, exchanged, tried] = [new Float64Array(last), new Float64Array(last), new Float64Array(last)]
  const fresh = new Uint8Array(levels * chains)
  let arrivals = 0
  return {
    betas: () => betas,
    drawn(walker) {
      fresh[walker] = 1
    },
    exchange(step, u, log, swap) {
      for (let l = step % 2; l < last; l += 2)
        for (let c = 0; c < chains; c++) {
          const [a, b] = [l * chains + c, (l + 1) * chains + c]
          const chance = Math.min(1, Math.exp((betas[l]! - betas[l + 1]!) * (log(b) - log(a))))
          rejected[l]! += 1 - (chance || 0)
          tried[l]!++
          if (!(u[a]! < chance)) continue
          swap(a, b)
          ;[fresh[a], fresh[b]] = [fresh[b]!, fresh[a]!]
          exchanged[l]!++
        }
      for (let c = 0; c < chains; c++) {
        if (last > 0 && fresh[c] && step >= warmup) arrivals++
        fresh[c] = 0
      }
    },
    adapt(step) {
      if (!forgets(step + 1) && step + 1 < warmup) return
      if (last > 0 && step + 1 < warmup) betas = adaptedLadder(betas, rejected.map((r, l) => r / tried[l]!)) // prettier-ignore
      for (const counts of [rejected, exchanged, tried]) counts.fill(0)
    },
    exchanges: () => exchanged.map((n, l) => n / tried[l]!),
    arrivals: () => arrivals,
  }
}
