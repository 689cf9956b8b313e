import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, FileError, fileError, messageOf } from './error.js'

/** Runs what reads metadata or chunks; anything but a `FileError` becomes one. */
export async function damaged<T>(path: string, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    throw new FileError(path, {
      expected: 'whole Zarr metadata and chunks',
      found: causes(cause),
      remedy: 'The store is damaged, or uses a codec or type that is not supported: write it again.',
      cause,
    })
  }
}

/** zarrita wraps the reason; the innermost says more. */
const causes = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? `${error.message}: ${causes(error.cause)}` : messageOf(error)

/** Paths of the arrays and groups below a folder, the root being `''`. Throws `FileError` unless it is a Zarr hierarchy. */
export async function findNodes(path: string): Promise<{ arrays: string[]; groups: string[] }> {
  const nodes = { arrays: [] as string[], groups: [] as string[] }
  const visit = async (name: string): Promise<void> => {
    const entries = await readdir(join(path, name), { withFileTypes: true })
    const has = (file: string): boolean => entries.some(entry => entry.name === file)
    const type = has('zarr.json') ? await nodeType(join(path, name)) : has('.zarray') ? 'array' : 'group'
    if (type === 'array') nodes.arrays.push(name)
    else if (has('zarr.json') || has('.zgroup')) nodes.groups.push(name)
    else return // a folder that is no node has none below
    if (type === 'group')
      for (const entry of entries) if (entry.isDirectory()) await visit(name ? `${name}/${entry.name}` : entry.name)
  }
  await visit('').catch((error: unknown) => {
    const fault = { expected: 'a Zarr folder', found: 'a file', remedy: 'Use readArray, which tells formats apart.' }
    throw codeOf(error) === 'ENOTDIR' ? new FileError(path, fault) : fileError(path, error)
  })
  if (nodes.arrays.length + nodes.groups.length === 0)
    throw new FileError(path, { expected: 'a Zarr folder (with zarr.json)', found: 'another folder' })
  return nodes
}

/** `array` or `group`, as a folder's zarr.json says. */
async function nodeType(folder: string): Promise<'array' | 'group'> {
  const file = join(folder, 'zarr.json')
  const metadata = await readFile(file, 'utf8').then(
    text => damaged(file, () => JSON.parse(text) as { node_type?: unknown } | null),
    (error: unknown) => {
      throw fileError(file, error)
    },
  )
  const type = metadata?.node_type
  if (type === 'array' || type === 'group') return type
  throw new FileError(file, { expected: 'the node_type array or group', found: JSON.stringify(type) })
}
