/**
 * A checkpoint: one safetensors file with everything that the next step depends on. It is written beside its place and
 * renamed, so that a kill or a full disk leaves the one before.
 *
 * Tensors `theta/<parameter>`, `m/...`, `v/...`, `average/...`, and `best/...` once there is a held-out loss; `t` [], the
 * number of steps. The metadata `checkpoint` is JSON: format, version and the fields of `Meta`.
 */
import { isDeepStrictEqual } from 'node:util'
import ndarray from 'ndarray'
import { dtypeOf, shapeText, type NdArray } from '../io/array.js'
import { FileError, messageOf } from '../io/error.js'
import { toJson } from '../io/log.js'
import { readSafetensors, writeSafetensors } from '../io/safetensors.js'
import type { Floats } from './data.js'
import type { LearnerState, NamedArrays } from './learner.js'
import type { Trainable } from './model.js'
import type { HistoryRow, Sums } from './progress.js'
import { kinds, type Kind } from './step.js'

const format = 'invdiff training checkpoint'
/** 2: m and v are sums (adamw.ts); they were means. */
const version = 2

export interface Meta {
  /** What the run was asked for (settings.ts). */
  readonly identity: Readonly<Record<string, unknown>>
  /** Of the whole run, once fixed. */
  readonly steps: number | null
  readonly evaluateEvery: number | null
  readonly seconds: number
  readonly history: readonly HistoryRow[]
  readonly sums: Sums
  /** Where the least held-out loss was found; its weights are the tensors `best/...`. */
  readonly best: { readonly step: number; readonly loss: number } | null
  /** Held-out losses since then. */
  readonly stale: number
}

export interface Checkpoint {
  readonly state: LearnerState
  readonly best: NamedArrays | undefined
  readonly meta: Meta
}

/** Throws `FileError` (a full disk with the bytes needed); what was there stays. */
export async function writeCheckpoint(file: string, { state, best, meta }: Checkpoint): Promise<void> {
  const tensors: Record<string, NdArray> = { t: ndarray(Float32Array.of(state.t), []) }
  const all = { ...state.arrays, ...(best ? { best } : {}) }
  for (const [kind, arrays] of Object.entries(all))
    for (const [name, a] of Object.entries(arrays)) tensors[`${kind}/${name}`] = a
  await writeSafetensors(file, tensors, { checkpoint: toJson({ format, version, ...meta }) })
}

/**
 * The checkpoint of a run.
 * Throws `FileError`: cut short, another format or version, another run (naming what differs).
 */
export async function readCheckpoint(file: string, model: Trainable, identity: Meta['identity']): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(file)
  const meta = metaOf(file, metadata.checkpoint)
  assertSame(file, meta.identity, identity)
  const arrays = (kind: string): NamedArrays =>
    Object.fromEntries(
      Object.entries(model.parameters).map(([name, shape]) => [
        name,
        floatsOf(file, tensors, `${kind}/${name}`, shape),
      ]),
    )
  const state = Object.fromEntries(kinds.map(kind => [kind, arrays(kind)])) as Record<Kind, NamedArrays>
  const t = floatsOf(file, tensors, 't', []).data[0]!
  return { state: { arrays: state, t }, best: meta.best ? arrays('best') : undefined, meta }
}

function metaOf(file: string, text: string | undefined): Meta {
  const fault = (expected: string, found: string): FileError =>
    new FileError(file, { expected, found, remedy: 'Choose another file, or delete this one to begin anew.' })
  if (text === undefined) throw fault('a training checkpoint', 'safetensors of another origin')
  let json: Partial<Meta> & { format?: unknown; version?: unknown }
  try {
    json = JSON.parse(text) as typeof json
  } catch (error) {
    throw fault('the JSON of a checkpoint', messageOf(error))
  }
  if (json.format !== format) throw fault(`'${format}'`, `'${String(json.format)}'`)
  if (json.version !== version) throw fault(`version ${version} of the format`, `version ${String(json.version)}`)
  const { identity, seconds, history, sums } = json
  if (!identity || typeof seconds !== 'number' || !Array.isArray(history) || !sums)
    throw fault('identity, seconds, history and sums of a checkpoint', text.slice(0, 80))
  return json as Meta
}

function floatsOf(file: string, tensors: Record<string, NdArray>, name: string, shape: readonly number[]): Floats {
  const found = tensors[name]
  if (found && dtypeOf(found) === 'float32' && found.shape.join() === shape.join()) return found as Floats
  throw new FileError(file, {
    expected: `the tensor '${name}' as float32 ${shapeText(shape)}`,
    found: found ? `${dtypeOf(found)} ${shapeText(found.shape)}` : 'none of that name',
    remedy: 'The checkpoint belongs to another network: choose another file, or delete it to begin anew.',
  })
}

/** Throws `FileError` naming the settings in which a checkpoint and a run differ. */
function assertSame(file: string, saved: Meta['identity'], asked: Meta['identity']): void {
  const now = JSON.parse(toJson(asked)) as Meta['identity']
  const changed = Object.keys({ ...saved, ...now }).filter(name => !isDeepStrictEqual(saved[name], now[name]))
  if (changed.length === 0) return
  const show = (of: Meta['identity']): string =>
    changed.map(name => `${name} ${toJson(of[name] ?? null).slice(0, 200)}`).join('; ')
  throw new FileError(file, {
    expected: `a checkpoint of this run (${show(now)})`,
    found: show(saved),
    remedy: 'Resume with the old settings, or choose another file.',
  })
}
