/** Fields as Plotly reads them: packed float32, and no finer than a screen shows. */
import { elements, type NdArray } from '../io/array.js'
import type { Grid } from '../physics/grid.js'

/** Cells along an axis beyond which maps are averaged over blocks. */
export const finestMap = 128

export const values = (a: NdArray): Float64Array => Float64Array.from(elements(a), Number)

/** Base64 of float32, Plotly's packed form. */
export function packed(data: ArrayLike<number>, shape?: readonly number[]): Record<string, unknown> {
  const bytes = new Uint8Array(Float32Array.from(data).buffer)
  return { dtype: 'f4', bdata: Buffer.from(bytes).toString('base64'), ...(shape && { shape: shape.join(',') }) }
}

/** Cells to a block along each axis, so that a map has at most `finestMap` blocks along it. */
export const blockOf = (grid: Grid): number[] => grid.shape.map(n => Math.ceil(n / finestMap))

/** A field [nx, ny] in C order as the rows of a picture, [ny, nx], averaged over blocks where it is finer than `finestMap`. */
export function picture(field: Float64Array, grid: Grid): { z: Float64Array; x: number[]; y: number[] } {
  const [nx, ny] = [grid.shape[0]!, grid.shape[1]!]
  const [bx, by] = [blockOf(grid)[0]!, blockOf(grid)[1]!]
  const [mx, my] = [Math.ceil(nx / bx), Math.ceil(ny / by)]
  const sum = new Float64Array(mx * my)
  const count = new Float64Array(mx * my)
  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) {
      const k = Math.floor(j / by) * mx + Math.floor(i / bx)
      sum[k] = sum[k]! + field[i * ny + j]!
      count[k] = count[k]! + 1
    }
  return { z: sum.map((s, k) => s / count[k]!), x: blockCenters(grid, 0, bx), y: blockCenters(grid, 1, by) }
}

function blockCenters(grid: Grid, axis: number, block: number): number[] {
  const [n, h] = [grid.shape[axis]!, grid.spacing[axis]!]
  return Array.from({ length: Math.ceil(n / block) }, (_, k) => ((k * block + Math.min(n, (k + 1) * block)) / 2) * h)
}

export interface Scale {
  readonly colorscale: string | readonly (readonly [at: number, colour: string])[]
  readonly zmin: number
  readonly zmax: number
}

/** The share of the sum of squares that either sign needs before fields count as signed. */
const signedShare = 0.05

/** One colour scale for all of the fields: viridis, or a diverging one about 0 where they take both signs. */
export function sharedScale(fields: readonly ArrayLike<number>[]): Scale {
  let [low, high, below, all] = [Infinity, -Infinity, 0, 0]
  for (const field of fields)
    for (let i = 0; i < field.length; i++) {
      const v = field[i]!
      low = Math.min(low, v)
      high = Math.max(high, v)
      all += v * v
      if (v < 0) below += v * v
    }
  if (below > signedShare * all && below < (1 - signedShare) * all) return divergingScale(Math.max(-low, high))
  return { colorscale: 'Viridis', zmin: low, zmax: high > low ? high : low + 1 }
}

/** ColorBrewer's RdBu turned round: blue below, red above, near white at 0. */
const blueToRed = ['#053061', '#2166ac', '#4393c3', '#92c5de', '#d1e5f0', '#f7f7f7', '#fddbc7', '#f4a582', '#d6604d', '#b2182b', '#67001f'].map((colour, k) => [k / 10, colour] as const) // prettier-ignore

export const divergingScale = (size: number): Scale => ({ colorscale: blueToRed, zmin: -(size || 1), zmax: size || 1 })
