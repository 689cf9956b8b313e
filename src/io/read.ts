import { open, readdir, stat } from 'node:fs/promises'
import type { NdArray } from './array.js'
import { FileError, fileError } from './error.js'
import { readHdf5 } from './hdf5.js'
import { noSuchArray, readNpz, listNpz } from './npz.js'
import { readNpy } from './npy.js'
import { readSafetensors } from './safetensors.js'
import { foreignFile, headBytes, kindOf } from './sniff.js'
import { readZarr } from './zarr.js'

const formats = 'an array file (NPY, NPZ, HDF5, Zarr or safetensors)'

/**
 * Reads an array from a file of any supported format, told by its content and not by its name.
 * @param dataset which array of a file that may hold several; may be left out where it holds one
 * Throws `FileError`: missing, damaged, foreign, or several arrays and no name.
 */
export async function readArray(path: string, { dataset }: { dataset?: string } = {}): Promise<NdArray> {
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  if (info.isDirectory()) return readFolder(path, dataset)
  const head = await readHeadOf(path)
  switch (kindOf(head)?.reader) {
    case 'readNpy':
      if (dataset !== undefined)
        throw new FileError(path, {
          expected: `an array named ${dataset}`,
          found: 'an NPY file, whose array has no name',
        })
      return readNpy(path)
    case 'readNpz': {
      const name = choose(path, await listNpz(path), dataset)
      return (await readNpz(path, [name]))[name]!
    }
    case 'readHdf5':
      return readHdf5(path, dataset)
    case 'readSafetensors': {
      const { tensors } = await readSafetensors(path)
      return tensors[choose(path, Object.keys(tensors), dataset)]!
    }
    default:
      throw foreignFile(path, formats, head)
  }
}

async function readFolder(path: string, dataset: string | undefined): Promise<NdArray> {
  const names = await readdir(path)
  if (!['zarr.json', '.zgroup', '.zarray'].some(name => names.includes(name)))
    throw new FileError(path, {
      expected: formats,
      found: 'a folder without zarr.json',
      remedy: 'Name a file inside it.',
    })
  return readZarr(path, dataset)
}

function choose(path: string, names: string[], dataset: string | undefined): string {
  const name = dataset ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) throw noSuchArray(path, 'that was asked for (name one of several)', names)
  if (!names.includes(name)) throw noSuchArray(path, name, names)
  return name
}

async function readHeadOf(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileError(path, error)
  }
}
