/** What training tells of itself while it runs. */

/** A line of a training's history: one for each held-out loss. */
export interface HistoryRow {
  /** Steps taken. */
  readonly step: number
  /** Mean training loss since the line before. */
  readonly loss: number
  /** Of the averaged weights, on the same examples and noise each time; null where no data are held out. */
  readonly heldOut: number | null
  readonly rate: number
  /** Mean norm of the gradient, before clipping, since the line before. */
  readonly gradientNorm: number
  /** Seconds of training so far, all of its parts together. */
  readonly seconds: number
}

export interface Progress extends HistoryRow {
  /** All steps; null until a budget has been turned into steps. */
  readonly steps: number | null
  readonly stepsPerSecond: number
  readonly secondsLeft: number
}

/** Running means, kept in checkpoints so that a resumed run's history is that of an uninterrupted one. */
export interface Sums {
  count: number
  loss: number
  gradientNorm: number
}

export const noSums = (): Sums => ({ count: 0, loss: 0, gradientNorm: 0 })

export function addTo(sums: Sums, loss: number, gradientNorm: number): void {
  sums.count++
  sums.loss += loss
  sums.gradientNorm += gradientNorm
}

/** Means of what was added. */
export const meansOf = ({ count, loss, gradientNorm }: Sums): Pick<HistoryRow, 'loss' | 'gradientNorm'> => ({
  loss: loss / count,
  gradientNorm: gradientNorm / count,
})
