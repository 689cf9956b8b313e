/**
 * A texture set in MVTec AD's layout: category/{train/good, test/{good, <defect>}, ground_truth/<defect>}, masks named
 * `<stem>_mask.png`.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFolderAtomic } from '../../../io/atomic.js'
import { encodePng } from '../../../io/image.js'
import { textureSet, type DefectName, type TextureSetOptions } from './generate.js'

export interface WriteTexturesOptions extends TextureSetOptions {
  /** Sound pictures to train on. */
  readonly train: number
  /** Sound pictures to test on. */
  readonly test: number
  /** Pictures of each kind of defect. */
  readonly defective: number
  /** Kinds of defect; all that the texture can have unless given. */
  readonly kinds?: readonly DefectName[]
  /** Replaces a category of that name; refused unless given. */
  readonly overwrite?: boolean
  readonly signal?: AbortSignal
  readonly progress?: (done: number, total: number) => void
}

/**
 * Writes `root/<category>` (the texture's name unless given) as one, with its options in `textures.json`: a run that is
 * stopped leaves nothing. Returns its path.
 *
 * @throws RangeError for bad options, FileError where the folder exists or cannot be written, and the signal's reason
 */
export async function writeTextures(
  root: string,
  given: WriteTexturesOptions,
  category: string = given.texture,
): Promise<string> {
  const { train, test, defective, kinds, overwrite = false, signal, progress, ...rest } = given
  const set = textureSet(rest)
  for (const [name, count] of Object.entries({ train, test, defective }))
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`writeTextures: ${name} is ${count}; counts are integers from 0`) // prettier-ignore
  const chosen = kinds ?? set.kinds
  const unknown = chosen.find(kind => !set.kinds.includes(kind))
  if (unknown !== undefined) throw new RangeError(`writeTextures: ${given.texture} cannot have the defect '${unknown}'; it can have ${set.kinds.join(', ')}`) // prettier-ignore
  const parts = [
    { split: 'train', kind: 'good', count: train },
    { split: 'test', kind: 'good', count: test },
    ...chosen.map(kind => ({ split: 'test', kind, count: defective }) as const),
  ] as const
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const digits = Math.max(3, String(Math.max(train, test, defective) - 1).length)
  const target = join(root, category)
  await mkdir(root, { recursive: true })
  const fill = async (folder: string): Promise<void> => {
    let done = 0
    for (const { split, kind, count } of parts) {
      await mkdir(join(folder, split, kind), { recursive: true })
      if (kind !== 'good') await mkdir(join(folder, 'ground_truth', kind), { recursive: true })
      for (let index = 0; index < count; index++) {
        signal?.throwIfAborted()
        const { image, mask } = set.sample(split, kind, index)
        const stem = String(index).padStart(digits, '0')
        await writeFile(join(folder, split, kind, `${stem}.png`), await encodePng(image))
        if (kind !== 'good') await writeFile(join(folder, 'ground_truth', kind, `${stem}_mask.png`), await encodePng(mask)) // prettier-ignore
        progress?.(++done, total)
      }
    }
    const record = { format: 'invdiff textures', version: 1, ...set.options, train, test, defective, kinds: chosen }
    await writeFile(join(folder, 'textures.json'), `${JSON.stringify(record, null, 2)}\n`)
  }
  await writeFolderAtomic(target, fill, { overwrite })
  return target
}
