/**
 * The contamination protocol: defective pictures are taken out of the test set and put among the sound ones to train on, as a
 * share of the final training set, so that no defect is both trained and tested on. What is left to test on is reported for the
 * kinds that training has seen and for those that it has not.
 *
 * Which pictures are taken does not depend on the share but through their number: those of a smaller share are among those of a
 * larger one, and with `largest` all shares are tested on the same pictures.
 */
import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from '../../io/atomic.js'
import { FileError, fileError } from '../../io/error.js'
import { derive, key, permutation, type Key } from '../../random.js'
import { GOOD, type Dataset, type Item } from './folder.js'

export interface ContaminateOptions {
  /** Defective pictures over all pictures of the final training set, in [0, 1); rounded to whole pictures. */
  readonly fraction: number
  /** Kinds of defect to train on, taken in turn; the others stay unseen. All unless given. */
  readonly kinds?: readonly string[]
  readonly seed: number
  /**
   * Sound pictures to start from, chosen at random; all unless given. A set that has few defects reaches a large fraction with fewer.
   */
  readonly sound?: number
  /**
   * The largest fraction of the study: what it would take is left out of the test set at every fraction. `fraction` unless given.
   */
  readonly largest?: number
  /**
   * `replace` (default): defective pictures take the place of sound ones, so that all fractions train on as many pictures.
   * `add`: they join all sound ones.
   */
  readonly mode?: 'replace' | 'add'
}

export interface Contaminated {
  /** Sound pictures, then defective ones. */
  readonly train: readonly Item[]
  readonly test: {
    readonly good: readonly Item[]
    /** Defects of a kind that training has seen: other pictures of it. */
    readonly seen: readonly Item[]
    readonly unseen: readonly Item[]
  }
  readonly manifest: ContaminationManifest
}

/** What was done, by the pictures' ids: `contamination.json`. */
export interface ContaminationManifest {
  readonly format: 'invdiff contamination'
  readonly version: 1
  readonly category: string
  readonly seed: number
  readonly mode: 'replace' | 'add'
  /** As asked. */
  readonly fraction: number
  /** As it came out in whole pictures. */
  readonly achieved: number
  readonly largest: number
  readonly seenKinds: readonly string[]
  readonly unseenKinds: readonly string[]
  readonly train: { readonly good: readonly string[]; readonly contaminants: readonly string[] }
  readonly test: { readonly good: readonly string[]; readonly seen: readonly string[]; readonly unseen: readonly string[] } // prettier-ignore
  /** Left out of both, so that every fraction has one test set. */
  readonly unused: readonly string[]
}

const wrong = (text: string): RangeError => new RangeError(`contaminate: ${text}`)

/**
 * Contaminates the training set of a dataset. At fraction 0 nothing is trained on, and `seen` still means the chosen kinds.
 *
 * @throws RangeError for a fraction outside [0, 1), an unknown kind, a training set that holds defects already, or too few
 * defective pictures: one of each chosen kind must be left to test on
 */
export function contaminate(dataset: Dataset, options: ContaminateOptions): Contaminated {
  const { fraction, seed, mode = 'replace', kinds = dataset.kinds, largest = fraction } = options
  for (const [name, value] of Object.entries({ fraction, largest }))
    if (!(value >= 0 && value < 1)) throw wrong(`${name} is ${value}; it must be in [0, 1)`)
  if (largest < fraction) throw wrong(`the largest fraction is ${largest}, below the fraction ${fraction}`)
  const stranger = kinds.find(kind => !dataset.kinds.includes(kind))
  if (stranger !== undefined) throw wrong(`${dataset.category} has no kind '${stranger}'; it has ${dataset.kinds.join(', ') || 'none'}`) // prettier-ignore
  const already = dataset.train.find(item => item.kind !== GOOD)
  if (already) throw wrong(`${already.id} is in the training set already; contaminate a set that trains on ${GOOD} only`) // prettier-ignore

  const root = key(seed, 'contaminate', dataset.category)
  const sound = chosenOf(dataset.train, options.sound, derive(root, 'sound'))
  const take = (f: number): number => Math.round(mode === 'replace' ? f * sound.length : (f / (1 - f)) * sound.length)
  const seenKinds = dataset.kinds.filter(kind => kinds.includes(kind))
  const queue = takenInTurn(dataset, seenKinds, root)
  if (take(largest) > queue.length)
    throw wrong(
      shortage(dataset.category, {
        fraction: largest,
        wanted: take(largest),
        sound: sound.length,
        there: queue.length,
      }),
    )
  const contaminants = queue.slice(0, take(fraction))
  const reserved = new Set(queue.slice(0, take(largest)))

  const order = permutation(derive(root, GOOD), sound.length)
  const dropped = new Set(mode === 'replace' ? order.subarray(0, contaminants.length) : [])
  const good = sound.filter((_, i) => !dropped.has(i))
  const left = dataset.test.filter(item => !reserved.has(item))
  const test = {
    good: left.filter(item => item.kind === GOOD),
    seen: left.filter(item => seenKinds.includes(item.kind)),
    unseen: left.filter(item => item.kind !== GOOD && !seenKinds.includes(item.kind)),
  }
  const ids = (items: Iterable<Item>): string[] => Array.from(items, item => item.id)
  const manifest: ContaminationManifest = {
    format: 'invdiff contamination',
    version: 1,
    category: dataset.category,
    ...{ seed, mode, fraction, largest },
    achieved: contaminants.length / (good.length + contaminants.length),
    seenKinds,
    unseenKinds: dataset.kinds.filter(kind => !seenKinds.includes(kind)),
    train: { good: ids(good), contaminants: ids(contaminants) },
    test: { good: ids(test.good), seen: ids(test.seen), unseen: ids(test.unseen) },
    unused: ids(queue.slice(contaminants.length, take(largest))),
  }
  return { train: [...good, ...contaminants], test, manifest }
}

/** Every defective picture that may be trained on: of each kind in turn, in random order, all but the last of a kind. */
function takenInTurn(dataset: Dataset, kinds: readonly string[], root: Key): Item[] {
  const stacks = kinds.map(kind => {
    const items = dataset.test.filter(item => item.kind === kind)
    return Array.from(permutation(derive(root, 'kind', kind), items.length), i => items[i]!).slice(0, -1)
  })
  const rounds = Math.max(0, ...stacks.map(stack => stack.length))
  return Array.from({ length: rounds }, (_, k) => stacks.flatMap(stack => stack.slice(k, k + 1))).flat()
}

/** That many of the items, in their order. */
function chosenOf(items: readonly Item[], count: number | undefined, key: Key): readonly Item[] {
  if (count === undefined) return items
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= items.length)) throw wrong(`${count} sound pictures to train on; there are ${items.length}`) // prettier-ignore
  const chosen = new Set(permutation(key, items.length).subarray(0, count))
  return items.filter((_, i) => chosen.has(i))
}

function shortage(
  category: string,
  { fraction, wanted, sound, there }: Readonly<Record<'fraction' | 'wanted' | 'sound' | 'there', number>>,
): string {
  return `a fraction of ${fraction} takes ${wanted} defective pictures beside ${sound} sound ones, and ${category} has ${there} to give (one of each kind stays for the test); take a smaller fraction, more kinds, or fewer sound pictures`
}

/** Writes a manifest as JSON, beside its target and renamed. Throws FileError. */
export const writeManifest = (path: string, manifest: ContaminationManifest): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`)

/**
 * The split of a manifest again, from the same dataset: the same pictures in the same order.
 * @throws FileError where it cannot be read, is no manifest, or names pictures that the dataset does not have
 */
export async function readManifest(path: string, dataset: Dataset): Promise<Contaminated> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(path, error)
  })
  const fault = (expected: string, found: string, cause?: unknown): FileError =>
    new FileError(path, { expected, found, remedy: 'Contaminate the dataset again.', cause })
  const manifest = parsed(text, fault)
  const byId = new Map([...dataset.train, ...dataset.test].map(item => [item.id, item]))
  const items = (ids: readonly string[]): Item[] =>
    ids.map(id => {
      const item = byId.get(id)
      if (!item) throw fault(`pictures of ${dataset.root}`, `${id}, which is not there`)
      return item
    })
  const { train, test } = manifest
  return {
    train: items([...train.good, ...train.contaminants]),
    test: { good: items(test.good), seen: items(test.seen), unseen: items(test.unseen) },
    manifest,
  }
}

function parsed(
  text: string,
  fault: (expected: string, found: string, cause?: unknown) => FileError,
): ContaminationManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fault('JSON', 'text that is none', error)
  }
  const { format, version, train, test } = (value ?? {}) as Partial<Record<string, unknown>>
  if (format !== 'invdiff contamination') throw fault('a contamination manifest', 'another JSON file')
  if (version !== 1) throw fault('version 1', `version ${String(version)}`)
  const listed = (owner: unknown, names: readonly string[]): boolean =>
    names.every(name => {
      const ids = (owner as Partial<Record<string, unknown>> | undefined)?.[name]
      return Array.isArray(ids) && ids.every(id => typeof id === 'string')
    })
  if (!listed(train, ['good', 'contaminants']) || !listed(test, ['good', 'seen', 'unseen']))
    throw fault('lists of pictures for train and test', 'some that are missing')
  return value as ContaminationManifest
}
