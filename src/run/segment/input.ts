/** Where pictures and models come from: folders of a user's, and what the package ships. */
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fileError } from '../../io/error.js'
import { shippedModel } from '../shipped.js'
import { listPictures, openDataset, type Item } from './folder.js'

/**
 * Pictures to train on: those of `train` where the folder is a category in MVTec AD's layout, else the folder's own.
 * @throws FileError where there are none
 */
export async function trainingItems(folder: string): Promise<{ items: readonly Item[]; notes: readonly string[] }> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileError(folder, error)
  })
  if (!names.includes('train')) return listPictures(folder)
  const { train, notes } = await openDataset(folder)
  return { items: train, notes }
}

const problem = 'anomaly-segmentation'
const root = new URL(import.meta.url.endsWith('.ts') ? '../../../problems/' : '../../../../problems/', import.meta.url)

/** The model and the pictures in `problems/anomaly-segmentation`. */
export const shippedExample = {
  model: (): string => shippedModel(problem, 'weave'),
  pictures: (): string => fileURLToPath(new URL(`${problem}/examples`, root)),
}
