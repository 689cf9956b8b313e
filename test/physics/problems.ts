/** Problems that the tests of the physics share. */
import { array, type NdArray } from '../../src/io/array.js'
import type { AdvectionDiffusionOptions } from '../../src/physics/advection-diffusion.js'
import { cellGrid, cellCoordinates, type Grid } from '../../src/physics/grid.js'
import { channelFlow, doubleGyre, uniformFlow } from '../../src/physics/flows.js'
import { key, normal } from '../../src/random.js'

export const noise = (shape: readonly number[], name: string): NdArray<Float64Array> =>
  array(normal(key(1, name), new Float64Array(shape.reduce((a, b) => a * b, 1))), shape)

export const field = (grid: Grid, f: (x: number, y: number) => number): NdArray<Float64Array> => {
  const { x, y } = cellCoordinates(grid)
  return array(x.map((value, k) => f(value, y[k]!)), grid.shape) // prettier-ignore
}

export const dot = (a: NdArray, b: NdArray): number =>
  (a.data as Float64Array).reduce((sum, value, k) => sum + value * (b.data as Float64Array)[k]!, 0)

export const maxDifference = (a: NdArray, b: NdArray): number =>
  (a.data as Float64Array).reduce((max, value, k) => Math.max(max, Math.abs(value - (b.data as Float64Array)[k]!)), 0)

/** Root of the mean square. */
export const rms = (values: Float64Array): number => Math.sqrt(values.reduce((s, v) => s + v * v, 0) / values.length)

/** Least-squares slope of log error against log size. */
export function slope(sizes: readonly number[], errors: readonly number[]): number {
  const [x, y] = [sizes.map(Math.log), errors.map(Math.log)]
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length
  const [mx, my] = [mean(x), mean(y)]
  return x.reduce((s, v, k) => s + (v - mx) * (y[k]! - my), 0) / x.reduce((s, v) => s + (v - mx) ** 2, 0)
}

const plane = cellGrid([9, 12], [1, 1.5])
const line = cellGrid([15], [2])
const time = { steps: 5, dt: 0.04 }

/** Problems with every kind of side, in one and two dimensions, steady and in time: laws run over all. */
export const problems: Readonly<Record<string, AdvectionDiffusionOptions>> = {
  'periodic, uniform': { grid: plane, velocity: uniformFlow(plane, [0.3, -0.2]), kappa: 0.05, sides: 'periodic', ...time }, // prettier-ignore
  'a channel with inlet, outlet and a wall flux': {
    ...{ grid: plane, velocity: channelFlow(plane, 0.5), kappa: 0.05, ...time },
    sides: { left: 'value', right: 'outflow', bottom: 'flux', top: 'zero-flux' },
  },
  'a swinging double gyre within walls': {
    ...{ grid: plane, velocity: doubleGyre(plane, 0.5, { epsilon: 0.3 }), kappa: 0.15, ...time },
    ...{ sides: { left: 'value', right: 'flux', bottom: 'zero-flux', top: 'value' }, forcing: 'transient' },
  },
  'a prescribed flux with inflow, kept at three times': {
    ...{ grid: plane, velocity: uniformFlow(plane, [0.3, 0]), ...time, saveAt: [0, 2, 5], forcing: 'transient' },
    ...{ sides: { left: 'flux', right: 'value', bottom: 'periodic', top: 'periodic' } },
    kappa: field(plane, (x, y) => 0.05 + 0.02 * Math.sin(3 * x + 2 * y)),
  },
  'heat on a segment, backward Euler': { grid: line, kappa: 0.25, sides: 'zero-flux', scheme: 'backward-euler', ...time }, // prettier-ignore
  'a segment with a value and an outlet': {
    ...{ grid: line, velocity: uniformFlow(line, [0.4]), kappa: 0.05, ...time, forcing: 'steady' },
    sides: { left: 'value', right: 'outflow' },
  },
}
