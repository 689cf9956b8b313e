/** Work that is broken off, by a kill, a full disk, or what it reads: what is left is whole or refused, and goes on or again. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { openHdf5 } from '../../src/io/hdf5.js'
import { writeHdf5 } from '../../src/io/hdf5-write.js'
import { readZarr } from '../../src/io/zarr.js'
import { invoke } from '../cli/invoke.js'
import { temporaryFolder } from '../io/helpers.js'
import { source, untrained } from '../run/models.js'

const path = temporaryFolder()
const main = resolve('dist/src/cli/main.js')
vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 600_000 })
beforeAll(async () => {
  await untrained(path('model'))
})

interface Ended {
  readonly code: number | null
  readonly err: string
}

/** A command line in a process of its own, ended by a signal once `due` says so: of its words so far. */
function broken(args: readonly string[], by: NodeJS.Signals, due: (err: string) => boolean, after = 0): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { cwd: path('.'), stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  const timer = setInterval(() => {
    if (!due(err)) return
    clearInterval(timer)
    setTimeout(() => child.kill(by), after)
  }, 2)
  return new Promise(done =>
    child.once('exit', code => {
      clearInterval(timer)
      done({ code, err })
    }),
  )
}

async function refused(...args: string[]): Promise<string> {
  const { code, out, err } = await invoke(args)
  expect([code, out], err).toEqual([1, ''])
  return err
}
const hidden = (): string[] => readdirSync(path('.')).filter(name => name.startsWith('.'))

describe.skipIf(process.platform === 'win32')('a kill', () => {
  it('while training leaves a run that goes on to the same weights, byte for byte', async () => {
    expect((await invoke(['init', path('rod')])).code).toBe(0)
    const training = (out: string): string[] => ['train', './rod', '--steps', '600', '--shape', '16', '--batch', '16', '--out', out] // prettier-ignore
    const toEnd = (...args: string[]): void => {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: path('.'), encoding: 'utf8' })
      expect(status, stderr).toBe(0)
    }
    const begun = (err: string): boolean => /^step \d+/m.test(err)
    // A checkpoint is written every 30 s, and at Ctrl-C: the kill finds one.
    const first = await broken(training('killed'), 'SIGINT', begun)
    expect(first.code, first.err).toBe(130)
    const checkpoint = await readFile(path('killed/checkpoint.safetensors'))
    const resumed = (): boolean => /"resumed"/.test(readFileSync(path('killed/log.jsonl'), 'utf8'))
    const second = await broken([...training('killed'), '--resume'], 'SIGKILL', resumed, 1000)
    expect(second.code, second.err).toBe(null)
    expect(existsSync(path('killed/model.json'))).toBe(false)
    expect((await readFile(path('killed/checkpoint.safetensors'))).length).toBe(checkpoint.length)
    // Not a new run by mistake, nor a model that is not there.
    expect(await refused('train', path('rod'), '--out', path('killed'))).toMatch(/one that did not finish\. Choose mode 'resume'/) // prettier-ignore
    expect(await refused('sample', path('killed'), '--out', path('s.npy'))).toMatch(/killed\/model\.json: expected an existing file/) // prettier-ignore
    toEnd(...training('killed'), '--resume')
    toEnd(...training('whole'))
    const weights = async (run: string): Promise<Buffer> => readFile(path(`${run}/weights.safetensors`))
    expect((await weights('killed')).equals(await weights('whole'))).toBe(true)
  })

  it('while solving leaves nothing before the samples are there, and after that a run to overwrite', async () => {
    const solving = (draws: number): string[] => ['solve', source, '--model', path('model'), '--out', path('run'), '--steps', '40', '--draws', `${draws}`] // prettier-ignore
    const sampling = await broken(solving(400_000), 'SIGKILL', err => /of 400000 samples/.test(err))
    expect(sampling.code, sampling.err).toBe(null)
    expect([existsSync(path('run')), hidden()]).toEqual([false, []])
    const writing = await broken(solving(40_000), 'SIGKILL', () => existsSync(path('run/log.jsonl')))
    expect(writing.code, writing.err).toBe(null)
    expect(await refused(...solving(4))).toMatch(/run: expected a new run, found one that did not finish\. Choose mode 'overwrite'.*run-2/) // prettier-ignore
    const again = await invoke([...solving(4), '--overwrite'])
    expect(again.code, again.err).toBe(0)
    expect((await readZarr(path('run/posterior.zarr'), 'posterior/source')).shape).toEqual([1, 4, 8, 8])
    expect((await readdir(path('run'))).filter(name => name.startsWith('.'))).toEqual([])
  })

  it.each(['p.zarr', 'p.npy'])('while samples are written leaves no half %s, and the next run clears up', async out => {
    const sampling = (draws: number): string[] => ['sample', path('model'), '--out', path(out), '--draws', `${draws}`]
    const killed = await broken(sampling(400_000), 'SIGKILL', () => hidden().length > 0)
    expect(killed.code, killed.err).toBe(null)
    expect(existsSync(path(out))).toBe(false)
    expect(hidden().length).toBe(1)
    const again = await invoke(sampling(20))
    expect(again.code, again.err).toBe(0)
    expect([existsSync(path(out)), hidden()]).toEqual([true, []])
  })
})

/** Whether a small file system may be mounted: as root, or where users may have namespaces of their own. */
const inNamespace = ['--user', '--map-root-user', '--mount', 'sh', '-c']
const mounts = ((): boolean => {
  try {
    execFileSync('unshare', [...inNamespace, 'mount -t tmpfs -o size=64k tmpfs /mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (!mounts) console.warn('full disks are not tested: no file system may be mounted here')

describe.skipIf(!mounts)('a full disk', () => {
  /** The words of a command on a disk of some size, and what is left there. */
  function onDisk(size: string, args: readonly string[]): { status: number | null; err: string; left: string[] } {
    const line = `mount -t tmpfs -o size=${size} tmpfs "$DISK" && { "$@"; code=$?; ls -A "$DISK"; exit $code; }`
    const { status, stdout, stderr } = spawnSync('unshare', [...inNamespace, line, 'sh', process.execPath, main, ...args], { encoding: 'utf8', env: { ...process.env, DISK: path('disk') } }) // prettier-ignore
    return { status, err: stderr, left: stdout.split('\n').filter(Boolean) }
  }
  beforeAll(() => mkdir(path('disk')))

  it('takes back what solve could not write, and says how much room it needs', () => {
    const { status, err, left } = onDisk('1m', ['solve', source, '--model', path('model'), '--out', path('disk/run'), '--steps', '2']) // prettier-ignore
    expect([status, left], err).toEqual([1, []])
    expect(err).toMatch(/disk\/run\/report\.html: expected room on the disk for \d+ bytes, found that the disk is full\. Free some space or choose another disk\./) // prettier-ignore
  })

  it.each(['p.zarr', 'p.npy'])('leaves no half %s', out => {
    const { status, err, left } = onDisk('1m', ['sample', path('model'), '--out', path(`disk/${out}`), '--draws', '8000', '--steps', '2']) // prettier-ignore
    expect([status, left], err).toEqual([1, []])
    expect(err).toMatch(
      /disk\/p\.(zarr|npy)(\/posterior\S*)?: expected room on the disk.*found that the disk is full\. Free some space/,
    )
  })

  it('ends a training with the checkpoint that would not fit', () => {
    const { status, err } = onDisk('64k', ['train', source, '--shape', '8x8', '--batch', '8', '--steps', '2', '--out', path('disk/run')]) // prettier-ignore
    expect(status, err).toBe(1)
    expect(err).toMatch(/run\/checkpoint\.safetensors: expected room on the disk, found that the disk is full/)
  })
})

describe('training', () => {
  const training = (...more: string[]): string[] => ['train', source, '--shape', '8x8', '--batch', '8', ...more]

  it('is not resumed from a foreign or a cut-off checkpoint, which stays as it is', async () => {
    const given = training('--steps', '4', '--out', path('trained'))
    const done = await invoke(given)
    expect(done.code, done.err).toBe(0)
    const file = path('trained/checkpoint.safetensors')
    const whole = await readFile(file)
    const resumed = async (says: RegExp): Promise<void> => {
      const before = await readFile(file)
      expect(await refused(...given, '--resume')).toMatch(says)
      expect((await readFile(file)).equals(before)).toBe(true)
    }
    await truncate(file, whole.length >> 1)
    await resumed(/checkpoint\.safetensors.*: expected .*bytes.*found/s)
    await cp(path('model/weights.safetensors'), file)
    await resumed(/checkpoint\.safetensors: expected .*checkpoint.*found/s)
    await writeFile(file, whole)
    expect((await invoke([...given, '--resume'])).code).toBe(0)
  })

  it('refuses data with NaN, naming file and row', async () => {
    await invoke(['simulate', source, '--shape', '8x8', '--count', '600', '--out', path('data')])
    for (const name of (await readdir(path('data'))).filter(name => name.endsWith('.h5'))) {
      const reader = await openHdf5(path(`data/${name}`))
      const attributes = reader.attributes()
      const arrays = Object.fromEntries(reader.names.map(name => [name, reader.read(name)]))
      reader.close()
      ;(arrays.u!.data as Float32Array)[70] = NaN
      await writeHdf5(path(`data/${name}`), arrays, { attributes })
    }
    const words = (await invoke(training('--steps', '2', '--data', path('data'), '--out', path('nan')))).err
    expect(words).toMatch(/block-00000\d\.h5, 'u': row 1 holds NaN; leave it out/)
  })

  it('refuses a data folder that holds none', async () => {
    await mkdir(path('empty'))
    const words = await invoke(training('--steps', '2', '--data', path('empty'), '--out', path('none')))
    expect([words.code, words.err]).toEqual([
      1,
      expect.stringMatching(/empty\/config\.json: expected an existing file/),
    ])
  })
})
