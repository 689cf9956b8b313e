/** Values of a denoiser through a compiled graph, as a sampler calls it. */
import { array, type NdArray } from '../../src/io/array.js'
import { compile, type Precision } from '../../src/compile/index.js'
import type { Denoiser } from '../../src/scores/denoiser.js'

/** D at n points of d numbers, row by row; `y` is one row for each point, or one for all. */
export async function evaluate(
  denoise: Denoiser,
  x: readonly (readonly number[])[],
  sigma: readonly number[],
  { y, precision = 'float64' }: { y?: readonly (readonly number[])[]; precision?: Precision } = {},
): Promise<number[][]> {
  const matrix = (rows: readonly (readonly number[])[]): NdArray<Float64Array> =>
    array(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length])
  const inputs = { x: matrix(x), sigma: array(Float64Array.from(sigma)), ...(y ? { y: matrix(y) } : {}) }
  const signature = Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape]))
  const f = await compile(({ x, sigma, ...condition }) => ({ D: denoise(x!, sigma!, condition) }), signature, {
    precision,
  })
  const { D } = await f.run(inputs)
  await f.dispose()
  const d = x[0]!.length
  return x.map((_, i) => Array.from(D!.data.slice(i * d, (i + 1) * d) as Float64Array))
}
