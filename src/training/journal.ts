/** What a run keeps besides the state of its learner, and how it goes to a checkpoint and comes back. */
import type { Checkpoint, Meta } from './checkpoint.js'
import type { LearnerState, NamedArrays } from './learner.js'
import { lengthOf, type Length } from './length.js'
import { meansOf, noSums, type HistoryRow, type Progress, type Sums } from './progress.js'
import type { TrainOptions } from './settings.js'

export interface Journal {
  /** Steps taken. */
  step: number
  /** Undefined while a budget has not yet been turned into steps. */
  length: Length | undefined
  history: HistoryRow[]
  /** Since the last line of the history. */
  sums: Sums
  best: { readonly step: number; readonly loss: number; readonly weights: NamedArrays } | null
  /** Held-out losses since the best. */
  stale: number
  /** Step of the checkpoint on the disk. */
  kept: number | undefined
  /** Seconds of the run, those before it was resumed included. */
  readonly seconds: () => number
}

export function openJournal(saved: Checkpoint | undefined, { steps, evaluateEvery }: TrainOptions): Journal {
  const began = performance.now()
  const { meta } = saved ?? {}
  const before = meta?.seconds ?? 0
  return {
    step: saved?.state.t ?? 0,
    length: lengthIn(meta) ?? (steps === undefined ? undefined : lengthOf(steps, evaluateEvery)),
    history: [...(meta?.history ?? [])],
    sums: { ...(meta?.sums ?? noSums()) },
    best: meta?.best && saved?.best ? { ...meta.best, weights: saved.best } : null,
    stale: meta?.stale ?? 0,
    kept: saved?.state.t,
    seconds: () => before + (performance.now() - began) / 1000,
  }
}

const lengthIn = (meta: Meta | undefined): Length | undefined =>
  meta?.steps && meta.evaluateEvery ? { steps: meta.steps, evaluateEvery: meta.evaluateEvery } : undefined

export function checkpointOf(journal: Journal, state: LearnerState, identity: Meta['identity']): Checkpoint {
  const { length, best, seconds, history, sums, stale } = journal
  const meta: Meta = {
    identity,
    steps: length?.steps ?? null,
    evaluateEvery: length?.evaluateEvery ?? null,
    seconds: seconds(),
    history,
    sums,
    best: best && { step: best.step, loss: best.loss },
    stale,
  }
  return { state, best: best?.weights, meta }
}

/** Adds a line to the history, and keeps weights whose held-out loss is the least so far. */
export function note(
  journal: Journal,
  rate: number,
  heldOut?: { readonly loss: number; readonly weights: NamedArrays },
): void {
  const { step, sums, best } = journal
  journal.history.push({ step, ...meansOf(sums), heldOut: heldOut?.loss ?? null, rate, seconds: journal.seconds() })
  journal.sums = noSums()
  if (!heldOut) return
  if (best && heldOut.loss >= best.loss) journal.stale++
  else {
    journal.best = { step, ...heldOut }
    journal.stale = 0
  }
}

/** How things stand: the means since the last line, or that line where it was just written. */
export function progressOf(journal: Journal, rate: number, stepsPerSecond: number, budget: number): Progress {
  const { step, length, history, sums } = journal
  const last = history.at(-1)
  const means = sums.count > 0 || !last ? meansOf(sums) : { loss: last.loss, gradientNorm: last.gradientNorm }
  const seconds = journal.seconds()
  return {
    step,
    steps: length?.steps ?? null,
    ...means,
    heldOut: last?.heldOut ?? null,
    rate,
    seconds,
    stepsPerSecond,
    secondsLeft: length ? (length.steps - step) / stepsPerSecond : Math.max(0, budget - seconds),
  }
}
