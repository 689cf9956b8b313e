/** Posterior samples alone, written while they are made: memory does not grow with their number. */
import { extname } from 'node:path'
import { writeNpyBatches } from '../io/npy.js'
import { exists, removeUnfinished } from '../io/atomic.js'
import { FileError } from '../io/error.js'
import type { NdArray } from '../io/array.js'
import type { BatchOptions, Posterior } from '../posterior.js'
import { caseOf, type CaseOptions } from './case.js'

export interface SampleOptions extends BatchOptions, CaseOptions {
  /** A folder that ends in `.zarr` (ArviZ's layout) or a file that ends in `.npy` ([draws, ...shape]). */
  readonly out: string
  readonly overwrite?: boolean
}

export interface Sampled {
  readonly out: string
  readonly draws: number
  readonly shape: readonly number[]
  readonly unknown: string
  readonly units: string
  /** What was observed. */
  readonly source: string
  /** Denoiser calls for one draw. */
  readonly calls: number
  readonly seconds: number
  readonly peakMemoryBytes: number
}

/** @throws RangeError for names and values that do not fit; FileError for files that cannot be read or written, or are there. */
export async function sampleTo(posterior: Posterior, options: SampleOptions): Promise<Sampled> {
  const { out, overwrite = false, draws = 64 } = options
  const kind = extname(out).toLowerCase()
  if (kind !== '.zarr' && kind !== '.npy')
    throw new RangeError(`sample: '${out}' ends neither in .zarr (ArviZ's layout) nor in .npy (an array)`)
  if (!overwrite && (await exists(out)))
    throw new FileError(out, { expected: 'a free name', found: 'that it exists', remedy: 'Choose another, or overwrite it.' }) // prettier-ignore
  await removeUnfinished(out)
  const { observation, source } = await caseOf(posterior, options)
  const { unknown } = posterior.parts
  const { shape } = unknown.grid
  const spent = { calls: 0, seconds: 0 }
  if (kind === '.zarr') Object.assign(spent, await posterior.save(out, observation, { ...options, draws, overwrite }))
  else {
    async function* batches(): AsyncGenerator<NdArray> {
      for await (const { x, calls, seconds } of posterior.sampleBatches(observation, { ...options, draws })) {
        Object.assign(spent, { calls, seconds: spent.seconds + seconds })
        yield x
      }
    }
    await writeNpyBatches(out, 'float64', [draws, ...shape], batches())
  }
  return {
    ...{ out, draws, shape, unknown: unknown.name, units: unknown.units, source, ...spent },
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }
}
