/** Memory of applying a model does not grow with the number of pictures: the process' largest, which never falls. */
import { symlink, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { applySegment } from '../../src/run/segment/apply.js'
import { shippedExample } from '../../src/run/segment/input.js'
import { writeTextures } from '../../src/run/segment/textures/write.js'
import { temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()

it('is flat from 200 to 1,000 pictures of 128 x 128', async () => {
  const category = await writeTextures(path('sets'), { texture: 'weave', height: 128, width: 128, colour: false, seed: 1, train: 0, test: 50, defective: 0 }) // prettier-ignore
  /** The largest memory so far, in MiB, after n more pictures. */
  const after = async (n: number): Promise<number> => {
    const input = path(`input-${n}`)
    await mkdir(input)
    for (let i = 0; i < n; i++) await symlink(join(category, 'test/good', `${String(i % 50).padStart(3, '0')}.png`), join(input, `${i}.png`)) // prettier-ignore
    const folder = path(`out-${n}`)
    const { rows } = await applySegment({ model: shippedExample.model(), input, folder, steps: 1, engine: { threads: 1 } }) // prettier-ignore
    expect(rows.filter(row => row.fault === null)).toHaveLength(n)
    await rm(folder, { recursive: true })
    return process.resourceUsage().maxRSS / 1024
  }
  const few = await after(200)
  // What 800 pictures, restorations and maps would take, were they kept, is 128 x 128 x (1 + 4 + 4) bytes each: 112 MiB. Buffers
  // that wait to be collected come to 25 to 40 MiB, at one time or another.
  expect((await after(800)) - few).toBeLessThan(56)
}, 300_000)
