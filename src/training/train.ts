/**
 * Denoising score matching: minimises the loss of noise-levels.ts by steps of AdamW, and takes the average of the weights.
 *
 * Every random number is a function of the seed and the step, and the state is that of the last step alone: a run that
 * was killed and goes on from its checkpoint ends with the same weights, byte for byte, as one that was not.
 */
import { dirname } from 'node:path'
import { exists, removeTemporaries } from '../io/atomic.js'
import { FileError } from '../io/error.js'
import { key } from '../random.js'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js'
import { readAhead, shapesOf, type Batch } from './data.js'
import { heldOutOf, type HeldOutLoss } from './held-out.js'
import { checkpointOf, note, openJournal, progressOf, type Journal } from './journal.js'
import { firstState, openLearner, type Learner, type NamedArrays } from './learner.js'
import { lengthWithin, stopwatch } from './length.js'
import type { Trainable } from './model.js'
import { noiseOf, type Noise } from './noise.js'
import { nonFinite, NonFiniteError } from './non-finite.js'
import { addTo, type HistoryRow } from './progress.js'
import { settingsOf, type Settings, type TrainOptions } from './settings.js'

export interface Trained {
  /** Averaged weights: those of the least held-out loss where data are held out, else the last. */
  readonly weights: NamedArrays
  readonly history: readonly HistoryRow[]
  /** Steps taken. */
  readonly steps: number
  /** `early`: the held-out loss fell no more; `aborted`: by the signal; `budget`: far slower than at first, so cut off. */
  readonly stopped: 'finished' | 'early' | 'aborted' | 'budget'
  /** Where the least held-out loss was found. */
  readonly best: { readonly step: number; readonly loss: number } | null
  readonly seconds: number
}

/** A run whose steps turn out slower than those that were timed is cut off at this multiple of its budget. */
const OVERRUN = 1.1
/** Milliseconds between calls of `onProgress`. */
const REPORT = 1000

/**
 * Trains a model.
 *
 * @throws RangeError for options, data and model that do not fit; NonFiniteError naming step and noise level when a loss is
 *   no number; FileError for a checkpoint that cannot be read or written or belongs to another run. The last good
 *   checkpoint stays in each case.
 */
export async function train(model: Trainable, options: TrainOptions): Promise<Trained> {
  const settings = settingsOf(model, options)
  const saved = await openCheckpoint(model, settings, options)
  const first = saved?.state ?? firstState(model.init(key(options.seed, 'init')))
  const journal = openJournal(saved, options)
  const learner = await openLearner(model, first, {
    rule: settings,
    batch: settings.batch,
    shapes: shapesOf(options.data),
    engine: { worker: true, ...options.engine },
  })
  try {
    const stopped = await run({ learner, journal, model, settings, options })
    const { step: steps, history, best } = journal
    const weights = best?.weights ?? (await learner.state()).arrays.average
    const where = best && { step: best.step, loss: best.loss }
    return { weights, history, steps, stopped, best: where, seconds: journal.seconds() }
  } finally {
    await learner.dispose()
  }
}

async function openCheckpoint(
  model: Trainable,
  { identity }: Settings,
  { checkpoint }: TrainOptions,
): Promise<Checkpoint | undefined> {
  if (!checkpoint) return undefined
  const { file, resume = false } = checkpoint
  if (!(await exists(file))) return undefined
  if (resume) {
    await removeTemporaries(dirname(file))
    return readCheckpoint(file, model, identity)
  }
  throw new FileError(file, {
    expected: 'a free name for the checkpoint of a new run',
    found: 'that it exists',
    remedy: 'Pass resume: true to go on with it, or delete it.',
  })
}

interface Run {
  readonly learner: Learner
  readonly journal: Journal
  readonly model: Trainable
  readonly settings: Settings
  readonly options: TrainOptions
}

/** Takes steps until one of the reasons to stop holds. */
async function run(all: Run): Promise<Trained['stopped']> {
  const { learner, journal, model, settings, options } = all
  const { everySeconds = 30, everySteps = Infinity } = options.checkpoint ?? {}
  const noise = (purpose: string) =>
    noiseOf(settings.levels, settings.weighting, key(options.seed, purpose), model.shape)
  const evaluate = options.heldOut && heldOutOf(learner, options.heldOut, settings, noise('held-out'))
  const prepare = preparing(readAhead(options.data, settings.batch), noise('train'), settings.batch)
  const watch = stopwatch(options.budget ?? Infinity)
  const began = { step: journal.step, at: performance.now() }
  let [savedAt, toldAt] = [began.at, began.at]
  let rateAt = settings.rate(journal.length?.steps ?? Infinity)
  const save = async (): Promise<void> => {
    await saveCheckpoint(all)
    savedAt = performance.now()
  }
  const tell = (): void => {
    toldAt = performance.now()
    const speed = (1000 * (journal.step - began.step)) / (toldAt - began.at)
    options.onProgress?.(progressOf(journal, rateAt(journal.step - 1), speed, options.budget ?? Infinity))
  }

  let next: Prepared | undefined
  for (;;) {
    const perStep = journal.length ? undefined : watch.perStep()
    if (perStep !== undefined) {
      journal.length = await lengthFor(all, perStep, evaluate)
      rateAt = settings.rate(journal.length.steps)
      await save()
    }
    const stopped = reasonToStop(all)
    if (stopped) {
      await save()
      if (journal.step > began.step) tell()
      return stopped
    }
    const { step } = journal
    const at = performance.now()
    const { batch, noise } = next ?? (await prepare(step))
    const taking = learner.step(batch, noise, rateAt(step), settings.decay(step + 1))
    const last = step + 1 === journal.length?.steps
    // The next batch is made while the engine works.
    const [result, made] = await Promise.all([taking, last ? undefined : prepare(step + 1)])
    next = made
    const bad = nonFinite(step, result, batch, noise, keptText(journal, options))
    if (bad) throw bad
    watch.add((performance.now() - at) / 1000)
    addTo(journal.sums, result.loss, result.gradientNorm)
    journal.step++

    const due = last || (journal.length && journal.step % journal.length.evaluateEvery === 0)
    if (due) await evaluateNow(all, evaluate, rateAt(step))
    if (journal.step % everySteps === 0 || performance.now() - savedAt > 1000 * everySeconds) await save()
    if (due || performance.now() - toldAt > REPORT) tell()
  }
}

interface Prepared {
  readonly batch: Batch
  readonly noise: Noise
}

const preparing =
  (batchAt: (step: number) => Promise<Batch>, draw: (step: number, n: number) => Noise, n: number) =>
  async (step: number): Promise<Prepared> => {
    const batch = batchAt(step)
    const noise = draw(step, n)
    return { batch: await batch, noise }
  }

function reasonToStop({ journal, settings, options }: Run): Trained['stopped'] | undefined {
  const { signal, budget = Infinity } = options
  if (journal.length && journal.step >= journal.length.steps) return 'finished'
  if (journal.stale >= settings.patience) return 'early'
  if (signal?.aborted) return 'aborted'
  return journal.seconds() > OVERRUN * budget ? 'budget' : undefined
}

async function evaluateNow({ learner, journal }: Run, evaluate: HeldOutLoss | undefined, rate: number): Promise<void> {
  if (!evaluate) {
    note(journal, rate)
    return
  }
  const weights = (await learner.state()).arrays.average
  const loss = await evaluate(weights)
  if (!Number.isFinite(loss))
    throw new NonFiniteError(
      journal.step,
      [],
      `training: the held-out loss is ${loss} after ${journal.step} steps; see whether the held-out data are finite`,
    )
  note(journal, rate, { loss, weights })
}

/** Turns what is left of a budget into steps, with the time that a held-out loss takes: of one batch, times their number. */
async function lengthFor(
  { learner, journal, settings, options }: Run,
  step: number,
  evaluate: HeldOutLoss | undefined,
) {
  let evaluation = 0
  if (evaluate) {
    const weights = (await learner.state()).arrays.average
    await evaluate(weights, 1)
    const start = performance.now()
    await evaluate(weights, 1)
    evaluation = (settings.heldOutBatches * (performance.now() - start)) / 1000
  }
  const left = (options.budget ?? Infinity) - journal.seconds()
  return lengthWithin(journal.step, left, { step, evaluation }, options.evaluateEvery)
}

async function saveCheckpoint({ learner, journal, settings, options }: Run): Promise<void> {
  if (!options.checkpoint) return
  await writeCheckpoint(options.checkpoint.file, checkpointOf(journal, await learner.state(), settings.identity))
  journal.kept = journal.step
}

function keptText({ kept }: Journal, { checkpoint }: TrainOptions): string {
  if (!checkpoint) return 'No checkpoint was kept: pass checkpoint: { file } to keep them.'
  return kept === undefined
    ? 'There was no checkpoint yet.'
    : `The checkpoint of step ${kept} stays: ${checkpoint.file}.`
}
