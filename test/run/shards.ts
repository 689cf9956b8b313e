import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openHdf5 } from '../../src/io/hdf5.js'
import { simulate, type Simulated, type SimulateOptions } from '../../src/run/simulate.js'

const problem = 'advection-diffusion/source'

/** Small runs of `simulate` in folders under `path`. */
export function simulations(path: (name: string) => string) {
  const shards = (folder: string): string[] =>
    readdirSync(path(folder))
      .filter(name => name.endsWith('.h5'))
      .sort()
  /** 600 examples of 8 x 8 in three shards. */
  const small = (folder: string, more: Partial<SimulateOptions> = {}): Promise<Simulated> =>
    simulate({ problem, folder: path(folder), shape: [8, 8], count: 600, threads: 1, ...more })
  /** Every dataset and attribute of a folder's shards. */
  async function contents(folder: string): Promise<unknown[]> {
    const all: unknown[] = []
    for (const name of shards(folder)) {
      const reader = await openHdf5(path(join(folder, name)))
      all.push([reader.attributes(), ...reader.names.map(dataset => [dataset, Buffer.from(reader.read(dataset).data.buffer as ArrayBuffer)])]) // prettier-ignore
      reader.close()
    }
    return all
  }
  return { problem, shards, small, contents }
}
