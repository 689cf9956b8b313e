/**
 * Picture sets in the layout of MVTec AD (P. Bergmann et al., CVPR 2019), found on disk and checked by name:
 * category/{train/good, test/{good, <defect>}, ground_truth/<defect>}, masks `<stem>_mask.png`. Reading them is batches.ts.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { FileError, fileError } from '../../io/error.js'

export const GOOD = 'good'

/** One picture of a set. */
export interface Item {
  /** Path within the category without extension, `test/scratch/003`: what manifests and results call it. */
  readonly id: string
  readonly split: 'train' | 'test'
  /** `good`, or the kind of defect. */
  readonly kind: string
  readonly path: string
  /** File of the mask; null where there is none: a good picture, or one whose defect nobody outlined. */
  readonly mask: string | null
}

export interface Dataset {
  readonly root: string
  readonly category: string
  readonly train: readonly Item[]
  readonly test: readonly Item[]
  /** Kinds of defect, sorted. */
  readonly kinds: readonly string[]
  /** What is odd about the folder and was read all the same, a sentence each. */
  readonly notes: readonly string[]
}

const isPicture = (name: string): boolean => ['.png', '.jpg', '.jpeg'].includes(extname(name).toLowerCase())
const stemOf = (name: string): string => basename(name, extname(name))

/** Names by code unit: one order on every system and in every language. */
const sorted = (names: string[]): string[] => names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))

interface Listing {
  readonly folders: string[]
  readonly files: string[]
}

/** What a folder holds, hidden names left out, links followed. */
async function list(folder: string): Promise<Listing> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileError(folder, error)
  })
  const [folders, files]: [string[], string[]] = [[], []]
  for (const name of sorted(names.filter(n => !n.startsWith('.')))) {
    const found = await stat(join(folder, name)).catch((error: unknown) => {
      throw fileError(join(folder, name), error)
    })
    ;(found.isDirectory() ? folders : files).push(name)
  }
  return { folders, files }
}

/** The pictures of one folder by stem; what is none is noted, and two of one stem refused. */
async function picturesIn(folder: string, notes: string[]): Promise<Map<string, string>> {
  const { folders, files } = await list(folder)
  if (folders.length > 0) notes.push(`${folder}: the folders ${folders.join(', ')} in it are not read.`)
  const other = files.filter(name => !isPicture(name) && name.toLowerCase() !== 'thumbs.db')
  if (other.length > 0) notes.push(`${folder}: not read, as it is neither PNG nor JPEG: ${other.join(', ')}.`)
  const found = new Map<string, string>()
  for (const name of files.filter(isPicture)) {
    const stem = stemOf(name)
    const twin = found.get(stem)
    if (twin !== undefined)
      throw new FileError(join(folder, name), {
        expected: `one picture named ${stem}`,
        found: `${basename(twin)} beside it`,
        remedy: 'Rename one of them: masks and results go by the name without extension.',
      })
    found.set(stem, join(folder, name))
  }
  return found
}

/**
 * The pictures of a plain folder, sorted by name; `apply` takes these.
 * @throws FileError where there is no folder, or no PNG or JPEG in it
 */
export async function listPictures(folder: string): Promise<{ items: Item[]; notes: string[] }> {
  const notes: string[] = []
  const found = await picturesIn(folder, notes)
  if (found.size === 0) throw empty(folder)
  return { items: [...found].map(([stem, path]) => ({ id: stem, split: 'test', kind: 'unknown', path, mask: null })), notes } // prettier-ignore
}

const empty = (folder: string): FileError =>
  new FileError(folder, {
    expected: 'PNG or JPEG pictures',
    found: 'none',
    remedy: 'Put pictures there, or name another folder.',
  })

/**
 * Finds a category: `root` itself, or the folder `category` in it. Everything is sorted by name, so that one folder gives one
 * order everywhere. Kinds besides `good` in `train` are read and labelled (a set that is contaminated on purpose). A defect
 * without a mask is read with a note; a mask without a picture is noted.
 *
 * @throws FileError where a folder is missing, holds no pictures, or holds two of one stem
 */
export async function openDataset(root: string, category?: string): Promise<Dataset> {
  const folder = resolve(category === undefined ? root : join(root, category))
  const { folders } = await list(folder)
  if (!folders.includes('train') && !folders.includes('test')) throw await noCategory(folder, folders)
  if (!folders.includes('train') || !(await list(join(folder, 'train'))).folders.includes(GOOD))
    throw new FileError(join(folder, 'train', GOOD), {
      expected: 'the folder of sound pictures to train on',
      found: 'nothing of that name',
      remedy: `Put them there, or take listPictures for a folder of pictures without labels.`,
    })
  const notes: string[] = []
  const train = await readSplit(folder, 'train', notes)
  if (!train.some(item => item.kind === GOOD)) throw empty(join(folder, 'train', GOOD))
  const test = folders.includes('test') ? await readSplit(folder, 'test', notes) : []
  if (test.length === 0) notes.push(`${join(folder, 'test')}: no pictures, so that nothing can be evaluated.`)
  const kinds = sorted([...new Set([...train, ...test].map(item => item.kind))].filter(kind => kind !== GOOD))
  return { root: folder, category: basename(folder), train, test, kinds, notes }
}

async function noCategory(folder: string, folders: readonly string[]): Promise<FileError> {
  const inner: string[] = []
  for (const name of folders) if ((await list(join(folder, name))).folders.includes('train')) inner.push(name)
  return new FileError(folder, {
    expected: "the folders train and test of MVTec AD's layout",
    found: inner.length > 0 ? `the categories ${inner.join(', ')}` : folders.join(', ') || 'no folders',
    remedy: inner.length > 0 ? 'Name one of them.' : 'Give the folder of a category: category/{train/good, test/<kind>, ground_truth/<kind>}.', // prettier-ignore
  })
}

async function readSplit(folder: string, split: 'train' | 'test', notes: string[]): Promise<Item[]> {
  const items: Item[] = []
  const { folders, files } = await list(join(folder, split))
  const loose = files.filter(isPicture)
  if (loose.length > 0) notes.push(`${join(folder, split)}: ${loose.length} pictures outside of a kind's folder are not read.`) // prettier-ignore
  for (const kind of folders) {
    const pictures = await picturesIn(join(folder, split, kind), notes)
    const masks = kind === GOOD || split === 'train' ? new Map<string, string>() : await masksOf(folder, kind, notes)
    for (const [stem, path] of pictures) {
      const mask = masks.get(`${stem}_mask`) ?? masks.get(stem) ?? null
      masks.delete(`${stem}_mask`)
      masks.delete(stem)
      if (mask === null && kind !== GOOD && split === 'test') notes.push(`${path}: no mask ${join(folder, 'ground_truth', kind, `${stem}_mask.png`)}; it counts for scores of pictures, not of pixels.`) // prettier-ignore
      items.push({ id: `${split}/${kind}/${stem}`, split, kind, path, mask })
    }
    for (const path of masks.values())
      notes.push(`${path}: a mask without its picture in ${join(folder, split, kind)}.`)
  }
  return items
}

async function masksOf(folder: string, kind: string, notes: string[]): Promise<Map<string, string>> {
  const place = join(folder, 'ground_truth', kind)
  const there = await stat(place).then(
    found => found.isDirectory(),
    () => false,
  )
  return there ? picturesIn(place, notes) : new Map()
}
