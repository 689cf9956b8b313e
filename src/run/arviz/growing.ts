/** A variable [chain, draw, ...] that grows by draws. */
import { array, dtypeOf, elements, sizeOf, zeros, type NdArray } from '../../io/array.js'
import type { ZarrWriter } from '../../io/zarr-write.js'

/** Bytes of a chunk, about. */
const chunkBytes = 2 ** 22

export interface Growing {
  /** Adds draws; `start` is the number of draws before them. */
  push(values: NdArray, start: number): Promise<void>
  /** Writes what is left. Throws RangeError unless all draws came. */
  close(): Promise<void>
}

/** A variable [1, draws, ...] written chunk by chunk, whatever the batches. */
export async function openVariable(
  writer: ZarrWriter,
  name: string,
  first: NdArray,
  dims: readonly string[],
  draws: number,
  attributes: Record<string, unknown>,
): Promise<Growing> {
  const shape = first.shape.slice(1)
  const dtype = dtypeOf(first)
  const size = sizeOf(shape)
  const rows = Math.max(1, Math.min(draws, Math.floor(chunkBytes / (8 * size))))
  const spec = {
    shape: [1, draws, ...shape],
    chunks: [1, rows, ...shape],
    dtype,
    dims: ['chain', 'draw', ...dims],
    attributes,
  }
  const out = await writer.array(name, spec)
  const chunk = zeros(dtype, [1, rows, ...shape]) as NdArray<Float64Array>
  let [done, filled] = [0, 0]
  const flush = async (): Promise<void> => {
    if (filled === 0) return
    await out.write(
      [0, done, ...shape.map(() => 0)],
      array(chunk.data.subarray(0, filled * size), [1, filled, ...shape]),
    )
    done += filled
    filled = 0
  }
  return {
    async push(values, start) {
      const k = values.shape[0]!
      if (done + filled !== start) throw new RangeError(`writePosterior: ${name} is missing from some batches`)
      if (start + k > draws)
        throw new RangeError(`writePosterior: draw ${start + k} of ${name}; ${draws} were announced`)
      if (dtypeOf(values) !== dtype)
        throw new TypeError(`writePosterior: ${name} began as ${dtype}, and is ${dtypeOf(values)} at draw ${start}`)
      const data = elements(values) as Float64Array
      for (let from = 0; from < k;) {
        const count = Math.min(k - from, rows - filled)
        chunk.data.set(data.subarray(from * size, (from + count) * size), filled * size)
        filled += count
        from += count
        if (filled === rows) await flush()
      }
    },
    async close() {
      await flush()
      if (done !== draws) throw new RangeError(`writePosterior: ${name} has ${done} of ${draws} draws`)
    },
  }
}
