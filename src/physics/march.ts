/** The loop over time: all stages of a scheme, for a group of simulations, forwards and transposed. */
import type { System } from './discretise.js'
import { addForcing, collectForcing, type Channel } from './forcing.js'
import { startOf, type Batch, type Block } from './lanes.js'
import type { Scheme } from './schemes.js'

export interface March {
  readonly scheme: Scheme
  readonly steps: number
  readonly dt: number
  /** The steps after which the state is kept, increasing. */
  readonly saveAt: readonly number[]
  /** The cell eliminated k-th, and its inverse. */
  readonly order: Int32Array
  readonly place: Int32Array
  /** The system of a stage. */
  systemAt(step: number, stage: number): System
  /** Neither flow nor forcing change in time, so that F is worked out once. */
  readonly constant: boolean
}

/**
 * Runs the simulations of some blocks from `initial` (or zero); `out` is [simulation][saved step][cell].
 */
export function forward(
  march: March,
  initial: Batch | undefined,
  channels: readonly Channel[],
  blocks: readonly Block[],
  out: Float64Array,
): void {
  const { scheme, steps, dt, place } = march
  const scale = scheme.d * dt
  const states = blocks.map(block => {
    const stages = [0, ...scheme.stages].map(() => new Float64Array(place.length * block.width))
    if (initial) load(march, initial, block, 0, stages[0]!)
    const forcing = march.constant && channels.length > 0 ? new Float64Array(stages[0]!.length) : null
    if (forcing)
      addForcing(channels, { place, system: march.systemAt(0, 0), at: { step: 0, theta: 0 }, block }, scale, forcing)
    return { block, stages, forcing }
  })
  for (let step = 0; ; step++) {
    const saved = march.saveAt.indexOf(step)
    if (saved >= 0)
      for (const { block, stages } of states)
        store(march, stages[0]!, block, { data: out, frames: march.saveAt.length, frame: saved })
    if (step === steps) return
    scheme.stages.forEach(({ theta, weights }, i) => {
      const system = march.systemAt(step, i)
      for (const { block, stages, forcing } of states) {
        const y = stages[i + 1]!
        combine(y, weights, stages)
        if (forcing) axpy(1, forcing, y)
        else addForcing(channels, { place, system, at: { step, theta }, block }, scale, y)
        system.factors.solve(y, block.width)
      }
    })
    for (const { stages } of states) stages.unshift(stages.pop()!)
  }
}

/**
 * The transpose of `forward`: cotangents `v`, [simulation][saved step][cell], add to the data of `initial` and `channels`.
 */
export function backward(
  march: March,
  v: Batch,
  initial: Batch | undefined,
  channels: readonly Channel[],
  blocks: readonly Block[],
): void {
  const { scheme, steps, dt, place } = march
  const scale = scheme.d * dt
  const states = blocks.map(block => {
    const stages = [0, ...scheme.stages].map(() => new Float64Array(place.length * block.width))
    const sum = march.constant && channels.length > 0 ? new Float64Array(stages[0]!.length) : null
    return { block, stages, sum }
  })
  for (let step = steps; ; step--) {
    const saved = march.saveAt.indexOf(step)
    if (saved >= 0) for (const { block, stages } of states) load(march, v, block, saved, stages[0]!)
    if (step === 0) break
    for (const { stages } of states) {
      stages.push(stages.shift()!) // the cotangent of the new state is that of the last stage
      for (let i = 0; i + 1 < stages.length; i++) stages[i]!.fill(0)
    }
    for (let i = scheme.stages.length - 1; i >= 0; i--) {
      const { theta, weights } = scheme.stages[i]!
      const system = march.systemAt(step - 1, i)
      for (const { block, stages, sum } of states) {
        const y = stages[i + 1]!
        system.factors.transposed().solve(y, block.width)
        if (sum) axpy(scale, y, sum)
        else collectForcing(channels, { place, system, at: { step: step - 1, theta }, block }, scale, y)
        weights.forEach((weight, j) => axpy(weight, y, stages[j]!))
      }
    }
  }
  for (const { block, stages, sum } of states) {
    if (sum) collectForcing(channels, { place, system: march.systemAt(0, 0), at: { step: 0, theta: 0 }, block }, 1, sum)
    if (initial) store(march, stages[0]!, block, { data: initial.data, frames: 1, frame: 0 })
  }
}

/** y = sum_j weights_j x_j. */
function combine(y: Float64Array, weights: readonly number[], x: readonly Float64Array[]): void {
  y.fill(0)
  weights.forEach((weight, j) => axpy(weight, x[j]!, y))
}

/** y += a x. */
function axpy(a: number, x: Float64Array, y: Float64Array): void {
  for (let k = 0; k < y.length; k++) y[k]! += a * x[k]!
}

/** x += frame `frame` of each simulation, interleaved and in the order of elimination. */
function load({ order }: March, batch: Batch, block: Block, frame: number, x: Float64Array): void {
  for (let r = 0; r < block.count; r++) {
    const start = startOf(batch, block.first + r) + frame * order.length
    for (let k = 0; k < order.length; k++) x[k * block.width + r]! += batch.data[start + order[k]!]!
  }
}

/** The reverse of `load`, into [simulation][frame][cell]. */
function store(
  { order }: March,
  x: Float64Array,
  block: Block,
  to: { data: Float64Array; frames: number; frame: number },
): void {
  for (let r = 0; r < block.count; r++) {
    const start = ((block.first + r) * to.frames + to.frame) * order.length
    for (let k = 0; k < order.length; k++) to.data[start + order[k]!] = x[k * block.width + r]!
  }
}
