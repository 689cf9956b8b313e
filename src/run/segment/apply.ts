/**
 * Applies a model to a folder of pictures: maps, masks, overlays and restorations as PNG, `scores.csv`, and a gallery. Work is
 * done in units of a few pictures, each kept when done: a run that was stopped goes on, to the same bytes. Memory holds one unit.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { heatOf, overlayOf } from '../../diagnostics/anomaly/render.js'
import type { ConformalOptions } from '../../diagnostics/conformal.js'
import { array } from '../../io/array.js'
import { writeFileAtomic } from '../../io/atomic.js'
import { FileError, messageOf } from '../../io/error.js'
import { pictureInfo, readPicture, writePng, type Picture } from '../../io/image.js'
import { readLog } from '../../io/log.js'
import { writeNpy } from '../../io/npy.js'
import { openRun, type Run } from '../../io/run-folder.js'
import type { CompileOptions } from '../../compile/index.js'
import { calibrate, openDetector, scoreOf, type Detected, type Detector, type DetectOptions } from './detect.js'
import { listPictures, type Item } from './folder.js'
import { galleryHtml, type ApplyRow } from './gallery.js'
export type { ApplyRow } from './gallery.js'
import { loadSegmentModel, type SegmentModelSpec } from './model.js'

export interface ApplyOptions extends DetectOptions {
  /** Folder of the model. */
  readonly model: string
  /** Folder of PNG and JPEG pictures. */
  readonly input: string
  /** The run folder to write. */
  readonly folder: string
  /** Given, marks what lies above it; else the threshold is found from the model's held-out pictures. */
  readonly threshold?: number
  /** Share of sound pictures in which anything may be marked, and what is known of the held-out ones. Default 0.05. */
  readonly conformal?: Partial<ConformalOptions>
  /** Also writes maps as numbers, `maps/<name>.npy`. Default false. */
  readonly npy?: boolean
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  readonly progress?: (report: ApplyProgress) => void
  readonly engine?: Pick<CompileOptions, 'worker' | 'threads' | 'device'>
}

export interface ApplyProgress {
  readonly done: number
  readonly total: number
  readonly picturesPerSecond: number
  readonly secondsLeft: number
}

export interface Applied {
  readonly folder: string
  readonly rows: readonly ApplyRow[]
  readonly threshold: number
  /** Bounds of the expected share of sound pictures that are marked, where the threshold is conformal. */
  readonly rate: readonly [least: number, most: number] | null
  /** Calibration pictures behind it; 0 for a given threshold. */
  readonly calibration: number
  readonly notes: readonly string[]
  /** Of this run's own pictures, those of a run that it went on with not among them. */
  readonly picturesPerSecond: number
}

/** A unit of work: at most this many pictures, and no more pixels than this unless one picture alone has. */
const UNIT = { pictures: 16, pixels: 2 ** 20 }

/**
 * @throws FileError for a folder without pictures or a model, a run folder that is taken or was started otherwise; RangeError for
 *   options that cannot be, and too few calibration pictures; the signal's reason. A picture that cannot be read is a row that says so.
 */
export async function applySegment(options: ApplyOptions): Promise<Applied> {
  const { input, folder, threshold: given, conformal, npy = false, mode = 'new', signal, progress, engine, model: place, ...detect } = options // prettier-ignore
  const model = await loadSegmentModel(place)
  const { items, notes } = await listPictures(input)
  const detector = openDetector(model, detect, engine)
  const target = { falsePositiveRate: 0.05, ...conformal }
  const config = {
    ...{ model: model.spec, pictures: items.map(({ id }) => id), detect: detector.options, npy },
    ...(given === undefined ? { conformal: target } : { threshold: given }),
  }
  const run = await openRun(folder, { seed: detector.options.seed ?? 0, config, mode })
  try {
    const kept = run.resumed ? await readLog(run.file('log.jsonl')) : []
    const found = given === undefined ? await calibrated() : { threshold: given, rate: null, n: 0 }
    const writer = await openWriter(run, found.threshold, npy)
    const rows = new Map<number, readonly ApplyRow[]>()
    for (const event of kept) if (event.event === 'unit') rows.set(event.unit as number, (event.rows as ApplyRow[]).map(restoredRow)) // prettier-ignore
    const units = await unitsOf(items, model.spec.size)
    const began = performance.now()
    let [done, own] = [[...rows.values()].flat().length, 0]
    const speed = (): number => (1000 * own) / (performance.now() - began)
    for (const [k, unit] of units.entries()) {
      if (rows.has(k)) continue
      signal?.throwIfAborted()
      const made = await workOn(unit, k, { detector, writer, size: model.spec.size, ...(signal && { signal }) })
      await run.log({ event: 'unit', unit: k, rows: made })
      rows.set(k, made)
      done += unit.length
      own += unit.length
      progress?.({ done, total: items.length, picturesPerSecond: speed(), secondsLeft: (items.length - done) / speed() }) // prettier-ignore
    }
    const all = units.flatMap((_, k) => rows.get(k)!)
    const picturesPerSecond = own === 0 ? 0 : speed()
    await writeFileAtomic(run.file('scores.csv'), csvOf(all))
    await writeFileAtomic(run.file('index.html'), gallery(all, found, input))
    await run.finish()
    return { folder, rows: all, threshold: found.threshold, rate: found.rate, calibration: found.n, notes, picturesPerSecond } // prettier-ignore
  } catch (error) {
    await run.close()
    throw error
  } finally {
    await detector.dispose()
  }

  async function calibrated(): Promise<Found> {
    const { threshold, rate, n, scores } = await calibrate(model, detector, target, signal)
    await writeFileAtomic(run.file('calibration.json'), `${JSON.stringify({ threshold, rate, n, scores }, null, 2)}\n`)
    return { threshold, rate, n }
  }
}

interface Found {
  readonly threshold: number
  readonly rate: readonly [number, number] | null
  readonly n: number
}

/** JSON holds no NaN: the log has its name. */
const restoredRow = (row: ApplyRow): ApplyRow => ({ ...row, score: Number(`${row.score}`) })

/** Pictures in units, by their headers: a function of the folder alone. */
async function unitsOf(items: readonly Item[], size: SegmentModelSpec['size']): Promise<Item[][]> {
  const units: Item[][] = []
  let pixels = Infinity
  for (const item of items) {
    const { height, width } = size ? { height: size[0], width: size[1] } : await pictureInfo(item.path).catch(() => ({ height: 0, width: 0 })) // prettier-ignore
    const unit = units.at(-1)
    pixels += height * width
    if (unit && unit.length < UNIT.pictures && pixels <= UNIT.pixels) unit.push(item)
    else {
      units.push([item])
      pixels = height * width
    }
  }
  return units
}

interface Work {
  readonly detector: Detector
  readonly writer: (id: string, picture: Picture, found: Detected) => Promise<ApplyRow>
  readonly size: SegmentModelSpec['size']
  readonly signal?: AbortSignal
}

async function workOn(
  unit: readonly Item[],
  place: number,
  { detector, writer, size, signal }: Work,
): Promise<ApplyRow[]> {
  const read = await Promise.all(
    unit.map(({ path }) =>
      readPicture(path, size ? { channels: 1, size } : { channels: 1 }).catch((error: unknown) => {
        if (error instanceof FileError) return error
        throw error
      }),
    ),
  )
  const pictures = read.filter((found): found is Picture => !(found instanceof FileError))
  const found = await detector.detect(pictures, place, signal)
  let at = 0
  const rows = unit.map(async ({ id }, i): Promise<ApplyRow> => {
    const picture = read[i]!
    if (picture instanceof FileError) return { id, score: NaN, anomalous: false, share: 0, fault: messageOf(picture) }
    return writer(id, picture, found[at++]!)
  })
  return Promise.all(rows)
}

/** Writes what was found in a picture, and gives its row. */
async function openWriter(run: Run, threshold: number, npy: boolean): Promise<Work['writer']> {
  for (const name of ['maps', 'masks', 'overlays', 'restored']) await mkdir(run.file(name), { recursive: true })
  // Whole after a kill; a unit is logged after its files, so that one lost to a power cut is made again.
  const png = (folder: string, id: string, picture: Picture): Promise<void> =>
    writePng(join(run.file(folder), `${id}.png`), picture, { sync: false })
  return async (id, picture, found) => {
    const { map, restored } = found
    const mask: Picture = array(
      Uint8Array.from(map.data, v => (v > threshold ? 255 : 0)),
      map.shape,
    )
    const share = mask.data.reduce((sum, v) => sum + v, 0) / 255 / mask.size
    const bytes: Picture = array(new Uint8Array(Uint8ClampedArray.from(restored.data, v => 255 * v).buffer), restored.shape) // prettier-ignore
    await Promise.all([
      png('maps', id, heatOf(map, [0, 2 * threshold])),
      png('masks', id, mask),
      png('overlays', id, overlayOf(picture, mask)),
      png('restored', id, bytes),
      ...(npy ? [writeNpy(join(run.file('maps'), `${id}.npy`), map)] : []),
    ])
    return { id, score: scoreOf(found), anomalous: share > 0, share, fault: null }
  }
}

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function csvOf(rows: readonly ApplyRow[]): string {
  const lines = rows.map(
    ({ id, score, anomalous, share, fault }) =>
    fault === null ? [quoted(id), score, anomalous ? 1 : 0, share, ''].join(',') : [quoted(id), '', '', '', quoted(fault)].join(','), // prettier-ignore
  )
  return ['id,score,anomalous,share,fault', ...lines].join('\n') + '\n'
}

function gallery(rows: readonly ApplyRow[], { threshold, rate, n }: Found, input: string): string {
  const anomalous = rows.filter(row => row.anomalous).length
  const origin = rate === null ? 'given' : `conformal, from ${n} held-out pictures: of sound pictures like these at most ${(100 * rate[1]).toPrecision(2)} % are marked on average` // prettier-ignore
  return galleryHtml({
    title: `Anomalies in ${input}`,
    summary: [`${anomalous} of ${rows.length} pictures are anomalous.`],
    facts: [
      ['Threshold', threshold.toPrecision(4)],
      ['Its origin', origin],
    ],
    rows,
  })
}
