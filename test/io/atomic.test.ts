import { execFileSync, spawn } from 'node:child_process'
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exists, recoverFolder, removeTemporaries, writeFileAtomic, writeFolderAtomic } from '../../src/io/atomic.js'
import { FileError } from '../../src/io/error.js'
import { createHdf5 } from '../../src/io/hdf5-write.js'
import { writeNpy } from '../../src/io/npy.js'
import { fileErrorOf, ramp, temporaryFolder } from './helpers.js'

const path = temporaryFolder()
const leftovers = async (folder = path('.')): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter(name => /\.(tmp|old)$/.test(name))

describe('writeFileAtomic', () => {
  it('writes text, bytes and chunks', async () => {
    await writeFileAtomic(path('a'), 'text')
    expect(await readFile(path('a'), 'utf8')).toBe('text')
    await writeFileAtomic(path('a'), Uint8Array.of(104, 105))
    expect(await readFile(path('a'), 'utf8')).toBe('hi')
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (const word of ['one ', '', 'two']) yield await Promise.resolve(Buffer.from(word))
    }
    await writeFileAtomic(path('a'), chunks())
    expect(await readFile(path('a'), 'utf8')).toBe('one two')
    expect(await leftovers()).toEqual([])
  })

  it('keeps the old file, and passes the error on, when the chunks fail', async () => {
    await writeFileAtomic(path('b'), 'old')
    function* failing(): Generator<Uint8Array> {
      yield Buffer.from('new')
      throw new Error('no more')
    }
    await expect(writeFileAtomic(path('b'), failing())).rejects.toThrow('no more')
    expect(await readFile(path('b'), 'utf8')).toBe('old')
    expect(await leftovers()).toEqual([])
  })

  it('keeps the mode of the file and the link that leads to it', async () => {
    await writeFile(path('c'), 'old', { mode: 0o640 })
    await symlink(path('c'), path('link'))
    await writeFileAtomic(path('link'), 'new')
    expect([await readFile(path('c'), 'utf8'), await readlink(path('link'))]).toEqual(['new', path('c')])
    expect((await stat(path('c'))).mode & 0o777).toBe(0o640)
  })

  it('names a folder that is not there', async () => {
    expect((await fileErrorOf(writeFileAtomic(path('no/file'), 'x'))).message).toMatch(/no\/file: expected an existing/)
  })
})

describe('writeFolderAtomic', () => {
  const fill = (text: string) => async (folder: string) => {
    await mkdir(join(folder, 'sub'))
    await writeFile(join(folder, 'sub/file'), text)
  }

  it('makes a folder, replaces it only when asked, and leaves nothing of a failure', async () => {
    await writeFolderAtomic(path('f'), fill('1'))
    expect((await fileErrorOf(writeFolderAtomic(path('f'), fill('2')))).message).toMatch(/overwrite: true/)
    await writeFolderAtomic(path('f'), fill('3'), { overwrite: true })
    expect(await readFile(path('f/sub/file'), 'utf8')).toBe('3')
    const failing = async (folder: string): Promise<void> => {
      await fill('4')(folder)
      throw new Error('no more')
    }
    await expect(writeFolderAtomic(path('f'), failing, { overwrite: true })).rejects.toThrow('no more')
    const within = (folder: string): Promise<void> => writeFileAtomic(join(folder, 'no/file'), 'x')
    const error = await fileErrorOf(writeFolderAtomic(path('f'), within, { overwrite: true }))
    expect(error.message).toContain(`${path('f/no/file')}: expected`)
    expect(await readFile(path('f/sub/file'), 'utf8')).toBe('3')
    expect(await leftovers()).toEqual([])
  })

  it('puts a folder back that was set aside by a killed process', async () => {
    await mkdir(path('.g.old'))
    await writeFile(path('.g.old/file'), 'old')
    await recoverFolder(path('g'))
    expect(await readFile(path('g/file'), 'utf8')).toBe('old')
    await recoverFolder(path('nothing'))
    expect(await exists(path('nothing'))).toBe(false)
  })
})

describe('a killed process', () => {
  // The child runs the compiled function, as src itself is TypeScript; esbuild makes one module of it.
  const child = (body: string): string => {
    const source = `import { writeFileAtomic, writeFolderAtomic, removeTemporaries } from './src/io/atomic.ts'; import { writeFileSync } from 'node:fs'; ${body}`
    const out = path('child.mjs')
    const args = ['--bundle', '--platform=node', '--format=esm', `--outfile=${out}`, '--log-level=error']
    execFileSync('node_modules/.bin/esbuild', args, { input: source })
    return out
  }
  const killAfter = async (script: string, milliseconds: number): Promise<void> => {
    const running = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise(resolve => running.stdout.once('data', resolve))
    await new Promise(resolve => setTimeout(resolve, milliseconds))
    running.kill('SIGKILL')
    await new Promise(resolve => running.once('exit', resolve))
  }

  it('leaves files old or new, and whole; what it left beside is removed', async () => {
    const target = path('target')
    const script = child(`
      const size = 3e6
      console.log('begun')
      for (let k = 0; ; k++) await writeFileAtomic(${JSON.stringify(target)}, Array.from({ length: 6 }, () => new Uint8Array(size / 6).fill(65 + (k % 26))))
    `)
    let left = 0
    for (let run = 0; run < 12; run++) {
      await killAfter(script, 5 + 17 * run)
      const bytes = await readFile(target).catch(() => Buffer.alloc(0))
      expect([0, 3e6]).toContain(bytes.length)
      expect(bytes.every(byte => byte === bytes[0])).toBe(true)
      left += (await leftovers()).length
    }
    expect(left).toBeGreaterThan(0) // else no kill fell into a write, and this test has seen nothing
    await removeTemporaries(path('.'))
    expect(await leftovers()).toEqual([])
  })

  it('leaves folders old or new, and whole', async () => {
    const target = path('folder')
    const script = child(`
      console.log('begun')
      for (let k = 0; ; k++) await writeFolderAtomic(${JSON.stringify(target)}, async folder => {
        for (let i = 0; i < 20; i++) writeFileSync(folder + '/' + i, String(k))
      }, { overwrite: true })
    `)
    await writeFolderAtomic(target, async folder => {
      for (let i = 0; i < 20; i++) await writeFile(join(folder, String(i)), 'first')
    })
    for (let run = 0; run < 16; run++) {
      await killAfter(script, 10 + 7 * run)
      await recoverFolder(target)
      const texts = await Promise.all((await readdir(target)).map(name => readFile(join(target, name), 'utf8')))
      expect([texts.length, new Set(texts).size]).toEqual([20, 1])
    }
  })
})

/** A file system of 1 MiB, or why there is none. */
function smallDisk(): { folder: string } | { reason: string } {
  const folder = `/tmp/invdiff-small-disk-${process.pid}`
  try {
    execFileSync('mkdir', ['-p', folder])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
    return { folder }
  } catch (error) {
    return { reason: `a small file system cannot be mounted (${String(error).split('\n')[0]})` }
  }
}

describe('a full disk', () => {
  const disk = smallDisk()
  afterAll(async () => {
    if ('folder' in disk) execFileSync('umount', [disk.folder])
    await rm(`/tmp/invdiff-small-disk-${process.pid}`, { recursive: true, force: true })
  })

  it('is named with the bytes that are needed; the old file stays', async context => {
    if ('reason' in disk) return context.skip(disk.reason)
    const file = join(disk.folder, 'a.npy')
    await writeNpy(file, ramp('float64', [10]))
    const error = await fileErrorOf(writeNpy(file, ramp('float64', [1000, 1000])))
    expect(error.message).toMatch(
      /a\.npy: expected room on the disk for 8000128 bytes, found that the disk is full\. Free/,
    )
    expect((await stat(file)).size).toBe(208)
    expect(await readdir(disk.folder)).toEqual(['a.npy'])
  })

  it('is named for HDF5 too', async context => {
    if ('reason' in disk) return context.skip(disk.reason)
    const writer = await createHdf5(join(disk.folder, 'a.h5'))
    const write = async (): Promise<void> => {
      const x = writer.appendable('x', 'float64', [1000])
      for (let k = 0; k < 40; k++) x.append(ramp('float64', [50, 1000]))
      await writer.close()
    }
    const error = await fileErrorOf(write())
    expect(error).toBeInstanceOf(FileError)
    expect(error.message).toMatch(/a\.h5: expected room on the disk.*full/)
    await writer.abort()
    expect(await readdir(disk.folder)).toEqual(['a.npy'])
  })
})
