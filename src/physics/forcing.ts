/**
 * Sources and the data of sides, F = f + B g, steady or given at every time level and linear between them; and the
 * transpose of that map.
 */
import type { System } from './discretise.js'
import { startOf, type Batch, type Block } from './lanes.js'
import type { SideName } from './sides.js'

export type ForcingName = 'source' | SideName

/** One input to F: `data` is [entries] or [levels, entries] for each item. */
export interface Channel {
  readonly name: ForcingName
  readonly entries: number
  readonly levels: number
  readonly batch: Batch
}

/** When F is taken: between levels `step` and `step + 1`, at the share theta. */
export interface Instant {
  readonly step: number
  readonly theta: number
}

/** Where the entries of a channel enter (places in the order of elimination), and with what coefficients, if not 1. */
function entrance(name: ForcingName, place: Int32Array, { inlets }: System): [Int32Array, Float64Array | null] {
  if (name === 'source') return [place, null]
  const { cells, coefficients } = inlets.find(({ side }) => side.name === name)!
  return [cells, coefficients]
}

/** The two frames between which a channel is interpolated, with their weights; one for steady data. */
const frames = ({ levels, entries }: Channel, { step, theta }: Instant): [offset: number, weight: number][] =>
  levels === 1
    ? [[0, 1]]
    : [
        [step * entries, 1 - theta],
        [(step + 1) * entries, theta],
      ]

/** What F is made for: a time, the system there, and a block of simulations. */
export interface Moment {
  readonly place: Int32Array
  readonly system: System
  readonly at: Instant
  readonly block: Block
}

/** out += scale F. */
export function addForcing(channels: readonly Channel[], moment: Moment, scale: number, out: Float64Array): void {
  const { width } = moment.block
  for (const { cells, weights, data, start, lane } of passes(channels, moment, scale))
    for (let k = 0; k < cells.length; k++) out[cells[k]! * width + lane]! += weights[k]! * data[start + k]!
}

/** data += scale B^T x: the transpose of `addForcing`, entry by entry. */
export function collectForcing(channels: readonly Channel[], moment: Moment, scale: number, x: Float64Array): void {
  const { width } = moment.block
  for (const { cells, weights, data, start, lane } of passes(channels, moment, scale))
    for (let k = 0; k < cells.length; k++) data[start + k]! += weights[k]! * x[cells[k]! * width + lane]!
}

/** Entry start + k of the data enters cells[k] of a lane with weights[k]. */
interface Pass {
  readonly cells: Int32Array
  readonly weights: Float64Array
  readonly data: Float64Array
  readonly start: number
  readonly lane: number
}

/** Every channel, frame and simulation. */
function* passes(channels: readonly Channel[], moment: Moment, scale: number): Generator<Pass> {
  const { place, system, at, block } = moment
  for (const channel of channels) {
    const [cells, coefficients] = entrance(channel.name, place, system)
    for (const [offset, share] of frames(channel, at)) {
      if (share === 0) continue
      const weights = coefficients?.map(b => scale * share * b) ?? new Float64Array(cells.length).fill(scale * share)
      for (let lane = 0; lane < block.count; lane++) {
        const start = startOf(channel.batch, block.first + lane) + offset
        yield { cells, weights, data: channel.batch.data, start, lane }
      }
    }
  }
}
