/** Train, apply and evaluate on a small generated category, with networks too small to be good. */
import { readFile, readdir, writeFile, cp, rm } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { writePng } from '../../src/io/image.js'
import { applySegment, type ApplyOptions } from '../../src/run/segment/apply.js'
import { openDetector } from '../../src/run/segment/detect.js'
import { evaluateSegment } from '../../src/run/segment/evaluate.js'
import { GOOD, openDataset, type Dataset } from '../../src/run/segment/folder.js'
import { calibrationPictures, loadSegmentModel } from '../../src/run/segment/model.js'
import { patchSource, pixelMoments } from '../../src/run/segment/patches.js'
import { segmentStudy } from '../../src/run/segment/study.js'
import { studyTable, summaryOf } from '../../src/run/segment/study-text.js'
import { lossOf, trainSegment, type TrainSegmentOptions } from '../../src/run/segment/train.js'
import { writeTextures } from '../../src/run/segment/textures/write.js'
import { key } from '../../src/random.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()
const network = { kind: 'unet', patch: 4, widths: [8], blocks: 1, groups: 4, embeddingWidth: 8 }
const tiny = { patch: 16, network, steps: 6, batch: 4, heldOut: 0.4, threads: 1 }
let data: Dataset

const trained = (name: string, more: Partial<TrainSegmentOptions> = {}) =>
  trainSegment({ items: data.train, folder: path(name), ...tiny, ...more })

beforeAll(async () => {
  await writeTextures(path('sets'), { texture: 'weave', height: 24, width: 20, colour: false, seed: 1, train: 12, test: 3, defective: 4 }) // prettier-ignore
  data = await openDataset(path('sets'), 'weave')
  await trained('model')
}, 60_000)

describe('trainSegment', () => {
  it('leaves a model that says what its weights mean', async () => {
    const { spec, weights, network: found } = await loadSegmentModel(path('model'))
    expect(spec).toMatchObject({ patch: [16, 16], size: null, noise: 'gaussian', latest: 0.5 })
    expect(spec.training).toMatchObject({ steps: 6, pictures: 7, heldOut: 5, loss: { name: 'mse' } })
    expect(Object.keys(weights)).toEqual(Object.keys(found.parameters))
    expect((await calibrationPictures({ folder: path('model') })).map(({ shape }) => shape)).toEqual(Array(5).fill([24, 20, 1])) // prettier-ignore
  })

  it.each([
    ['ve', { process: 've', loss: 'huber:delta=0.2' }],
    ['lts', { loss: 'lts-level:keep=0.75' }],
    ['simplex', { noise: 'simplex' }],
  ] as const)('takes %s', async (name, options) => {
    const { history, stopped } = await trained(name, options)
    expect(stopped).toBe('finished')
    expect(history.every(row => Number.isFinite(row.loss))).toBe(true)
  })

  it('goes on to the same weights after it was stopped', async () => {
    const abort = new AbortController()
    const first = await trained('stopped', { signal: abort.signal, progress: () => { abort.abort() } }) // prettier-ignore
    expect(first.stopped).toBe('aborted')
    await trained('stopped', { mode: 'resume' })
    const bytes = (name: string): Promise<Buffer> => readFile(path(`${name}/weights.safetensors`))
    expect((await bytes('stopped')).equals(await bytes('model'))).toBe(true)
  })

  it.each([
    [{ patch: 32 }, /has a side of 20 pixels, less than a patch of 32/],
    [{ loss: 'huber:delta' }, /'delta' is no parameter/],
    [{ loss: 'hubre' }, /did you mean 'huber'/],
    [{ heldOut: 0 }, /held-out share is 0/],
    [{ latest: 2 }, /latest is 2/],
    [{ items: [] }, /0 pictures; at least two/],
  ])('refuses %j', async (options, message) => {
    await expect(trained('refused', options)).rejects.toThrow(message)
  })

  it('reads a loss with its parameters', () => {
    expect(lossOf('lts:keep=0.7')).toMatchObject({ name: 'lts', options: { keep: 0.7 } })
  })
})

describe('patches', () => {
  it('are parts of the pictures, standardised, the same whenever asked', async () => {
    const picture = array(
      Uint8Array.from({ length: 30 }, (_, i) => 8 * i),
      [6, 5, 1],
    )
    const pixels = pixelMoments([picture])
    // 0, 8, ..., 232: mean 116, deviation 8 sqrt((30^2 - 1)/12).
    expect(pixels.mean * 255).toBeCloseTo(116, 10)
    expect(pixels.deviation * 255).toBeCloseTo(8 * Math.sqrt(899 / 12), 10)
    const source = patchSource([picture], { patch: [2, 3], pixels, noise: 'simplex', key: key(1) })
    const [batch, again] = [await source.batch(3, 40), await source.batch(3, 40)]
    expect(batch.x.data).toEqual(again.x.data)
    const values = batch.x.data.map(v => Math.round(255 * (v * pixels.deviation + pixels.mean)) / 8)
    const corners = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const corner = values[6 * i]!
      corners.add(corner)
      expect(Array.from(values.subarray(6 * i, 6 * i + 6))).toEqual([0, 1, 2, 5, 6, 7].map(k => corner + k))
    }
    // 15 places: 40 draws miss any given one with probability 0.06; all but three at least are there.
    expect(corners.size).toBeGreaterThan(11)
    expect(batch.field!.shape).toEqual([40, 2, 3])
  })
})

const apply = (name: string, more: Partial<ApplyOptions> = {}) =>
  applySegment({ model: path('model'), input: path('sets/weave/test/scratch'), folder: path(name), steps: 2, conformal: { falsePositiveRate: 0.2 }, engine: { threads: 1 }, ...more }) // prettier-ignore

/** Every file that a run leaves but for the times in it. */
async function outputs(name: string): Promise<Record<string, string>> {
  const files = (await readdir(path(name), { recursive: true })).filter(file => /\.(png|csv|html|npy)$|calibration/.test(file)) // prettier-ignore
  return Object.fromEntries(await Promise.all(files.sort().map(async file => [file, (await readFile(path(`${name}/${file}`))).toString('base64')]))) as Record<string, string> // prettier-ignore
}

describe('applySegment', () => {
  it('writes maps, masks, overlays, a table and a gallery, and marks what it says', async () => {
    const { rows, threshold, rate, calibration } = await apply('out', { npy: true })
    expect(rows.map(({ id }) => id)).toEqual(['000', '001', '002', '003'])
    // n = 5, a = 0.2: the largest of the calibration scores.
    const { scores } = JSON.parse(await readFile(path('out/calibration.json'), 'utf8')) as { scores: number[] }
    expect([threshold, calibration]).toEqual([Math.max(...scores), 5])
    expect(rate![1]).toBeCloseTo(1 / 6, 10)
    for (const { score, anomalous, share } of rows) expect([anomalous, share > 0]).toEqual(Array(2).fill(score > threshold)) // prettier-ignore
    const files = Object.keys(await outputs('out'))
    for (const folder of ['maps', 'masks', 'overlays', 'restored']) expect(files).toContain(`${folder}/003.png`)
    expect(files).toContain('maps/003.npy')
    const csv = (await readFile(path('out/scores.csv'), 'utf8')).trimEnd().split('\n')
    expect(csv[0]).toBe('id,score,anomalous,share,fault')
    expect(csv).toHaveLength(5)
    const html = await readFile(path('out/index.html'), 'utf8')
    expect(html).toContain('overlays/003.png')
    expect(html).not.toMatch(/src="http/)
  })

  it('goes on after it was stopped, to the same bytes', async () => {
    // Twenty pictures are two units of work.
    for (let i = 0; i < 20; i++) await cp(path(`sets/weave/test/spot/00${i % 4}.png`), path(`many/${String(i).padStart(2, '0')}.png`)) // prettier-ignore
    const abort = new AbortController()
    const given = { input: path('many') }
    const stopped = apply('killed', { ...given, signal: abort.signal, progress: () => { abort.abort() } }) // prettier-ignore
    await expect(stopped).rejects.toThrow()
    await rm(path('killed/overlays/19.png'), { force: true })
    const seen: number[] = []
    await apply('killed', { ...given, mode: 'resume', progress: ({ done }) => seen.push(done) })
    expect(seen).toEqual([20])
    await apply('whole', given)
    expect(await outputs('killed')).toEqual(await outputs('whole'))
    expect((await fileErrorOf(apply('whole', { ...given, mode: 'resume', threshold: 1 }))).message).toMatch(
      /started with/,
    )
  })

  it('says which picture cannot be read, and goes on', async () => {
    await cp(path('sets/weave/test/stain'), path('odd'), { recursive: true })
    await writeFile(path('odd/broken.png'), 'no picture')
    await writePng(path('odd/large.png'), array(new Uint8Array(50 * 41 * 3).fill(90), [50, 41, 3]))
    const { rows } = await apply('odd-out', { input: path('odd'), threshold: 0.3 })
    const row = (id: string) => rows.find(row => row.id === id)!
    expect(row('broken').fault).toMatch(/broken\.png/)
    expect(row('large').fault).toBeNull()
    expect(await readFile(path('odd-out/index.html'), 'utf8')).toContain('Not read')
  })

  it('refuses a level beyond those of training, and a rate that needs more pictures', async () => {
    await expect(apply('far', { tReverse: 600 })).rejects.toThrow(/trained up to 500/)
    await expect(apply('strict', { conformal: { falsePositiveRate: 0.01 } })).rejects.toThrow(/at least 99 can/)
    expect((await fileErrorOf(apply('none', { model: path('sets') }))).message).toContain('model.json')
  })
})

describe('evaluation', () => {
  it('judges all, seen and unseen defects', async () => {
    const model = await loadSegmentModel(path('model'))
    const detector = openDetector(model, { steps: 2 }, { threads: 1 })
    const of = (f: (kind: string) => boolean) => data.test.filter(({ kind }) => f(kind))
    const found = await evaluateSegment(model, detector, { good: of(k => k === GOOD), seen: of(k => k === 'spot'), unseen: [] }) // prettier-ignore
    await detector.dispose()
    expect(found.unseen).toBeNull()
    expect(found.seen).toEqual(found.all)
    // Spots differ from the cloth by more than a quarter of the range, whatever the network does to it.
    expect(found.all!.pixel.auroc).toBeGreaterThan(0.6)
  })

  it('is a study that goes on after a kill, with a table over seeds', async () => {
    const study = { folder: path('study'), contamination: [0.25], methods: ['mse', 'simplex+lts:keep=0.8'], seeds: 2, settings: [[100, 250]], textures: { side: 24, train: 8, test: 2, defective: 4 }, training: tiny, detect: { steps: 1 }, engine: { threads: 1 } } as const // prettier-ignore
    const abort = new AbortController()
    const stopped = segmentStudy({ ...study, signal: abort.signal, progress: text => { if (text.startsWith('3/')) abort.abort() } }) // prettier-ignore
    await expect(stopped).rejects.toThrow()
    const before = (await readdir(path('study/results'))).length
    expect(before).toBe(2)
    const rows = await segmentStudy({ ...study, mode: 'resume' })
    expect(rows).toHaveLength(4)
    const table = studyTable(rows)
    for (const text of ['all defects', 'seen defects', 'unseen defects', '25 %', 'simplex+lts:keep=0.8', '100,250', '+-']) expect(table).toContain(text) // prettier-ignore
    expect((await readFile(path('study/results.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(1 + 4 * 3)
    const report = await readFile(path('study/results.md'), 'utf8')
    for (const text of ['Seeds 0, 1;', '## All defects', '| weave | 25 % | 100,250 | simplex+lts:keep=0.8 | 2 |', `Node ${process.versions.node}`]) expect(report).toContain(text) // prettier-ignore
  })

  it('has the mean and deviation of its seeds', () => {
    expect(summaryOf([1, 2, 3])).toEqual({ n: 3, mean: 2, deviation: 1 })
  })
})
