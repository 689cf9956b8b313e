/** How long a run is. */

export interface Length {
  readonly steps: number
  /** Steps between held-out losses. */
  readonly evaluateEvery: number
}

/** Held-out losses in a run, and the share of a budget that they may take. */
const EVALUATIONS = 50
const SHARE = 0.1
/** Left for checkpoints and what is slower later. */
const RESERVE = 0.03

export const lengthOf = (steps: number, evaluateEvery = Math.ceil(steps / EVALUATIONS)): Length => ({
  steps,
  evaluateEvery,
})

export interface Speed {
  /** Seconds of one step, and of one held-out loss (0 without). */
  readonly step: number
  readonly evaluation: number
}

/** The length of a run that has taken `done` steps and has `seconds` left. */
export function lengthWithin(done: number, seconds: number, speed: Speed, evaluateEvery?: number): Length {
  const usable = Math.max(0, seconds) * (1 - RESERVE)
  if (evaluateEvery !== undefined) {
    const each = speed.step + speed.evaluation / evaluateEvery
    return { steps: done + Math.max(1, Math.floor(usable / each)), evaluateEvery }
  }
  const affordable = speed.evaluation > 0 ? Math.floor((SHARE * usable) / speed.evaluation) : EVALUATIONS
  const evaluations = Math.min(EVALUATIONS, Math.max(3, affordable))
  const steps = done + Math.max(1, Math.floor((usable - evaluations * speed.evaluation) / speed.step))
  return { steps, evaluateEvery: Math.ceil(steps / evaluations) }
}

/** Times steps until they say how fast the rest will be. */
export interface Stopwatch {
  /** A step of so many seconds has been taken. */
  add(seconds: number): void
  /** Seconds of a step, or undefined while too few were seen. */
  perStep(): number | undefined
}

/** The first steps warm the engine up and are not counted. */
const COLD = 3

/** Sees at least 10 steps and 2 % of the budget (5 s at most), or a tenth of the budget. */
export function stopwatch(budget: number): Stopwatch {
  let [seen, counted, all] = [0, 0, 0]
  return {
    add(seconds) {
      all += seconds
      if (++seen > COLD) counted += seconds
    },
    perStep() {
      const n = seen - COLD
      const enough = n >= 10 && counted >= Math.min(5, 0.02 * budget)
      if (enough || (n >= 1 && all >= 0.1 * budget)) return counted / n
      return undefined
    },
  }
}
