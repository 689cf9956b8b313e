/**
 * The study of robust losses on contaminated training sets: every category, contamination, method and seed is a piece, which is
 * trained once, judged at every setting, and kept. A study that was killed goes on where it was, in a training too.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, writeFileAtomic } from '../../io/atomic.js'
import { openRun } from '../../io/run-folder.js'
import type { CompileOptions } from '../../compile/index.js'
import { contaminate, writeManifest, type Contaminated } from './contaminate.js'
import { openDetector, type DetectOptions } from './detect.js'
import { evaluateSegment } from './evaluate.js'
import { openDataset, type Dataset } from './folder.js'
import { loadSegmentModel } from './model.js'
import { studyMarkdown } from './study-report.js'
import { studyCsv, type Piece, type StudyRow } from './study-text.js'
import { writeTextures } from './textures/write.js'
import { textureNames } from './textures/registry.js'
import { lossOf, trainSegment, type TrainSegmentOptions } from './train.js'

export interface StudyOptions {
  /** The run folder. */
  readonly folder: string
  /** Folder of categories in MVTec AD's layout; the procedural textures unless given. */
  readonly root?: string
  /** Names of categories, or of textures; default `weave`. */
  readonly categories?: readonly string[]
  /** Default 0, 0.1, 0.2, 0.3. */
  readonly contamination?: readonly number[]
  /**
   * Losses as `lossOf` takes them; `simplex`, mean square with simplex noise, and `simplex+<loss>`. Default mse, simplex, huber, lts, lts-level;
   * the last two keep 0.7, what is sound at the largest contamination.
   */
  readonly methods?: readonly string[]
  /** Number of seeds; default 3. A seed draws which defects are trained on, the network's start, the batches and their noise. */
  readonly seeds?: number
  /** The first of them; default 0. Settings are chosen on others than those that judge. */
  readonly firstSeed?: number
  /** [t_forward, t_reverse]; default [100, 250], [100, 100], [250, 250]. */
  readonly settings?: readonly (readonly [forward: number, reverse: number])[]
  /** Kinds of defect that are trained on; every other one unless given. */
  readonly seen?: readonly string[]
  /** Pictures of each training set, of categories in a folder; all unless given. Sets with few defects need it for large shares. */
  readonly sound?: number
  /** A procedural category: its sizes, and the seed that draws the material and its pictures, for all seeds of the study alike. */
  readonly textures?: {
    /** Default 0. */
    readonly seed?: number
    readonly side: number
    readonly train: number
    readonly test: number
    readonly defective: number
  }
  readonly training?: Pick<
    TrainSegmentOptions,
    'size' | 'patch' | 'process' | 'latest' | 'network' | 'steps' | 'batch' | 'rate'
  >
  readonly detect?: Omit<DetectOptions, 'tForward' | 'tReverse' | 'noise' | 'seed'>
  /** What the report says it was made by. */
  readonly command?: string
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  readonly progress?: (text: string) => void
  readonly engine?: Pick<CompileOptions, 'worker' | 'threads' | 'device'>
}

export const studyDefaults = {
  categories: ['weave'],
  contamination: [0, 0.1, 0.2, 0.3],
  methods: ['mse', 'simplex', 'huber:delta=0.1', 'huber:delta=0.2', 'huber:delta=0.4', 'lts:keep=0.7', 'lts-level:keep=0.7'],
  seeds: 3,
  firstSeed: 0,
  settings: [[100, 250], [100, 100], [250, 250]],
  textures: { seed: 0, side: 64, train: 120, test: 20, defective: 20 },
  training: { patch: 32, steps: 1500, batch: 32 },
  detect: { steps: 10, draws: 1 },
} as const // prettier-ignore

/**
 * Writes `results.csv`, a line for each piece, setting and subset of the defects, and `results.md`, tables over seeds.
 *
 * @throws RangeError for unknown methods, kinds or textures, and contaminations that the defects do not suffice for, before
 *   anything is trained; what `trainSegment` and `evaluateSegment` throw; the signal's reason.
 */
export async function segmentStudy(given: StudyOptions): Promise<StudyRow[]> {
  const { folder, root, seen, sound, signal, progress, engine, command, mode = 'new', ...rest } = given
  const options = { ...studyDefaults, ...rest }
  const { categories, contamination, methods, seeds, firstSeed, settings, textures, training, detect } = options
  methods.forEach(methodOf)
  const config = { root: root ?? null, seen: seen ?? null, sound: sound ?? null, categories, contamination, methods, seeds, firstSeed, settings, training, detect, ...(root === undefined && { textures }) } // prettier-ignore
  const run = await openRun(folder, { seed: 0, config, mode })
  const rows: StudyRow[] = []
  try {
    for (const name of ['models', 'results']) await mkdir(run.file(name), { recursive: true })
    const datasets = new Map<string, Dataset>()
    for (const category of categories)
      datasets.set(category, root === undefined ? await texturesOf(run.file('data'), category, textures, signal) : await openDataset(root, category)) // prettier-ignore
    const pieces = piecesOf({ categories, contamination, methods, seeds, firstSeed })
    const largest = Math.max(...contamination)
    const splits = pieces.map(piece => splitOf(datasets.get(piece.category)!, piece, largest, { seen, sound }))
    for (const [i, piece] of pieces.entries()) {
      signal?.throwIfAborted()
      const name = nameOf(piece)
      const result = run.file(join('results', `${name}.json`))
      if (!(await exists(result))) {
        const tell = (text: string): void => progress?.(`${i + 1}/${pieces.length} ${name}: ${text}`)
        const found = await judged(piece, splits[i]!, run.file(join('models', name)), tell)
        await writeFileAtomic(result, `${JSON.stringify(found, null, 1)}\n`)
        await run.log({ event: 'piece', name })
      }
      rows.push(...(JSON.parse(await readFile(result, 'utf8')) as StudyRow[]))
      await writeFileAtomic(run.file('results.csv'), studyCsv(rows))
      const { versions, hardware } = run.config
      const record = { ...(command !== undefined && { command }), versions, hardware, config }
      await writeFileAtomic(run.file('results.md'), studyMarkdown(rows, record))
    }
    await run.finish()
    return rows
  } catch (error) {
    await run.close()
    throw error
  }

  async function judged(piece: Piece, split: Contaminated, place: string, tell: (text: string) => void) {
    const { loss, noise } = methodOf(piece.method)
    if (!(await exists(join(place, 'model.json')))) {
      await mkdir(place, { recursive: true })
      await writeManifest(join(place, 'contamination.json'), split.manifest)
      const trained = await trainSegment({
        ...training,
        ...{ items: split.train, folder: place, loss, noise, seed: piece.seed, mode: 'resume' },
        ...(engine?.threads !== undefined && { threads: engine.threads }),
        ...(signal && { signal }),
        progress: ({ step, steps, loss }) => {
          tell(`step ${step}/${steps ?? '?'}, loss ${loss.toFixed(4)}`)
        },
      })
      if (trained.stopped === 'aborted') throw signal?.reason ?? new Error('study: stopped')
      await rm(join(place, 'checkpoint.safetensors'), { force: true })
    }
    const model = await loadSegmentModel(place)
    const found: StudyRow[] = []
    for (const setting of settings) {
      tell(`judged at (${setting.join(', ')})`)
      const detector = openDetector(model, { ...detect, tForward: setting[0], tReverse: setting[1], noise }, engine)
      try {
        found.push({ ...piece, setting, evaluation: await evaluateSegment(model, detector, split.test, signal) })
      } finally {
        await detector.dispose()
      }
    }
    return found
  }
}

/** `simplex+<loss>` is that loss with simplex noise. */
function methodOf(method: string): { loss: string; noise: 'gaussian' | 'simplex' } {
  if (method === 'simplex') return { loss: 'mse', noise: 'simplex' }
  const loss = method.replace(/^simplex\+/, '')
  lossOf(loss)
  return { loss, noise: loss === method ? 'gaussian' : 'simplex' }
}

const nameOf = ({ category, contamination, method, seed }: Piece): string =>
  `${category}-c${Math.round(1000 * contamination) / 10}-${method.replace(/[^\w.]+/g, '_')}-s${seed}`

/** Seeds last but one, so that a study which is cut short holds every method at the first seeds. */
function piecesOf({
  categories,
  contamination,
  methods,
  seeds,
  firstSeed,
}: Pick<Required<StudyOptions>, 'categories' | 'contamination' | 'methods' | 'seeds' | 'firstSeed'>): Piece[] {
  const pieces: Piece[] = []
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    for (const category of categories)
      for (const c of contamination)
        for (const method of methods) pieces.push({ category, contamination: c, method, seed })
  return pieces
}

const splitOf = (
  dataset: Dataset,
  { contamination, seed }: Piece,
  largest: number,
  { seen, sound }: { seen: readonly string[] | undefined; sound: number | undefined },
): Contaminated =>
  contaminate(dataset, {
    ...{ fraction: contamination, largest, seed },
    ...(sound !== undefined && { sound }),
    kinds: dataset.kinds.filter((kind, i) => (seen ? seen.includes(kind) : i % 2 === 0)),
  })

async function texturesOf(
  root: string,
  category: string,
  { side, seed = 0, ...counts }: NonNullable<StudyOptions['textures']>,
  signal?: AbortSignal,
): Promise<Dataset> {
  const texture = textureNames.find(name => name === category)
  if (!texture) throw new RangeError(`study: there is no texture '${category}': ${textureNames.join(', ')}; or give a folder of categories`) // prettier-ignore
  if (!(await exists(join(root, category))))
    await writeTextures(root, { texture, height: side, width: side, colour: false, seed, ...counts, ...(signal && { signal }) }) // prettier-ignore
  return openDataset(root, category)
}
