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
  readonly colorscale: string
  readonly reversescale?: boolean
  readonly zmin: number
  readonly zmax: number
}

/** One colour scale for all of the fields: viridis, or a diverging one about 0 where they take both signs. */
export function sharedScale(fields: readonly ArrayLike<number>[]): Scale {
  let [low, high] = [Infinity, -Infinity]
  for (const field of fields)
    for (let i = 0; i < field.length; i++) {
      low = Math.min(low, field[i]!)
      high = Math.max(high, field[i]!)
    }
  // A field that dips below zero by little (a sample of a positive one) is not a signed one.
  if (low < 0 && high > 0 && Math.min(-low, high) > 0.2 * Math.max(-low, high)) return divergingScale(Math.max(-low, high)) // prettier-ignore
  return { colorscale: 'Viridis', zmin: low, zmax: high > low ? high : low + 1 }
}

/** Blue below, red above, white at 0. */
export const divergingScale = (size: number): Scale => ({
  colorscale: 'RdBu',
  reversescale: true,
  zmin: -(size || 1),
  zmax: size || 1,
})
