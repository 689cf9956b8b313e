import { spawn } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exists } from '../../src/io/atomic.js'
import { environment } from '../../src/io/environment.js'
import { takeLock } from '../../src/io/lock.js'
import { openLog, readLog } from '../../src/io/log.js'
import { assertFreeRun, freeName, openRun, readRunConfig, runState } from '../../src/io/run-folder.js'
import { fileErrorOf, temporaryFolder } from './helpers.js'

const path = temporaryFolder()
let made = 0
const fresh = (): string => path(`run${made++}`)
const spec = { seed: 7, config: { steps: 10, network: { width: 64 } } }
const budget = { denoiserCalls: 5, forwardSolves: 4, adjointSolves: 3, wallSeconds: 2.5, peakMemoryBytes: 1e6 }

describe('a run', () => {
  it('records its configuration, log and budget, from start to end', async () => {
    const folder = fresh()
    expect(await runState(folder)).toBe('absent')
    const run = await openRun(folder, { ...spec, hardware: { device: 'cpu' } })
    expect(await runState(folder)).toBe('unfinished')
    await run.log({ event: 'step', loss: NaN, best: -Infinity })
    await run.writeBudget(budget)
    await writeFile(run.file('report.html'), '')
    await run.finish()
    expect(await runState(folder)).toBe('finished')
    const config = await readRunConfig(folder)
    expect(config).toMatchObject({ ...spec, hardware: { device: 'cpu' } })
    expect(config.versions).toMatchObject({ node: process.versions.node, invdiff: '0.1.0' })
    expect(JSON.parse(await readFile(join(folder, 'budget.json'), 'utf8'))).toEqual(budget)
    const events = await readLog(join(folder, 'log.jsonl'))
    expect(events.map(e => e.event)).toEqual(['started', 'step', 'finished'])
    expect(events[1]).toMatchObject({ loss: 'NaN', best: '-Infinity' })
    expect(await exists(join(folder, 'run.lock'))).toBe(false)
  })

  it('is not overwritten unless asked; the next free name is named', async () => {
    const folder = fresh()
    await (await openRun(folder, spec)).finish()
    await mkdir(`${folder}-2`)
    const error = await fileErrorOf(openRun(folder, spec))
    expect(error.message).toMatch(/found a finished one\. Choose mode 'overwrite'.*run\d+-3\.$/)
    expect(await freeName(folder)).toBe(`${folder}-3`)
    await writeFile(join(folder, 'report.html'), 'old')
    const run = await openRun(folder, { ...spec, seed: 8, mode: 'overwrite' })
    expect([run.config.seed, await exists(run.file('report.html'))]).toEqual([8, false])
    await run.close()
    expect((await fileErrorOf(openRun(folder, spec))).message).toMatch(/did not finish\. Choose mode 'resume'/)
  })

  it('is refused before the work where it would be after it', async () => {
    const folder = fresh()
    await assertFreeRun(join(folder, 'a', 'b'))
    expect(await exists(folder)).toBe(false)
    await (await openRun(folder, spec)).close()
    // The caller cannot resume: it asks before it begins.
    expect((await fileErrorOf(assertFreeRun(folder))).message).toMatch(
      /did not finish\. Choose mode 'overwrite'.*-2\.$/,
    )
    await assertFreeRun(folder, 'overwrite')
    await writeFile(`${folder}-file`, '')
    const within = await fileErrorOf(assertFreeRun(join(`${folder}-file`, 'x')))
    expect(within.message).toMatch(/run\d+-file: expected a folder, found a file\. Choose another name/)
  })

  it('does not take a folder whose config.json is of something else, to overwrite it either', async () => {
    const folder = fresh()
    await mkdir(folder)
    await writeFile(join(folder, 'config.json'), '{"name":"my project"}')
    for (const mode of ['new', 'overwrite'] as const)
      for (const open of [() => openRun(folder, { ...spec, mode }), () => assertFreeRun(folder, mode)])
        expect((await fileErrorOf(open())).message).toMatch(
          /config\.json is of no run\. Choose another folder, such as/,
        )
    expect(await readdir(folder)).toEqual(['config.json'])
  })

  it('that failed is taken back, with nothing else', async () => {
    const folder = fresh()
    const write = async (): Promise<void> => {
      const run = await openRun(folder, spec)
      await mkdir(run.file('posterior.zarr'))
      await writeFile(run.file('posterior.zarr/zarr.json'), '{}')
      await run.discard()
    }
    await write()
    expect(await exists(folder)).toBe(false)
    await mkdir(folder)
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await write()
    expect(await readdir(folder)).toEqual(['notes.txt'])
  })

  it('is resumed with the same configuration only', async () => {
    const folder = fresh()
    const first = await openRun(folder, { ...spec, mode: 'resume' })
    expect(first.resumed).toBe(false)
    await first.close()
    await appendFile(join(folder, 'log.jsonl'), '{"event":"to')
    await writeFile(join(folder, '.weights.safetensors.999999999-0.tmp'), '')
    const run = await openRun(folder, { ...spec, mode: 'resume' })
    expect(run.resumed).toBe(true)
    await run.log({ event: 'step' })
    await run.close()
    expect((await readLog(run.file('log.jsonl'))).map(e => e.event)).toEqual(['started', 'resumed', 'step'])
    expect(await exists(run.file('.weights.safetensors.999999999-0.tmp'))).toBe(false)
    const changed = { seed: 7, config: { steps: 20, network: { width: 64 } }, mode: 'resume' as const }
    expect((await fileErrorOf(openRun(folder, changed))).message).toMatch(
      /found other values: config\.steps: 10 became 20/,
    )
  })

  it('belongs to one process at a time', async () => {
    const folder = fresh()
    const run = await openRun(folder, spec)
    const error = await fileErrorOf(openRun(folder, { ...spec, mode: 'overwrite' }))
    expect(error.message).toMatch(
      new RegExp(`run.lock: expected a run that nobody is writing, found the lock of process ${process.pid}`),
    )
    await run.close()
    await (await openRun(folder, { ...spec, mode: 'resume' })).close()
  })

  it('says what is damaged', async () => {
    const folder = fresh()
    await (await openRun(folder, spec)).close()
    await writeFile(join(folder, 'config.json'), '{"seed":')
    expect((await fileErrorOf(openRun(folder, { ...spec, mode: 'resume' }))).message).toMatch(
      /config.json: expected the configuration/,
    )
    await writeFile(join(folder, 'config.json'), 'null')
    expect((await fileErrorOf(readRunConfig(folder))).message).toMatch(/without seed and config/)
    await (await openRun(folder, { ...spec, mode: 'overwrite' })).close()
  })
})

describe('the lock', () => {
  const lockOf = async (holder: object): Promise<string> => {
    const file = path(`${made++}.lock`)
    await writeFile(file, JSON.stringify({ host: hostname(), since: 'then', ...holder }))
    return file
  }

  it('of a dead process is taken over, of a living or unknown one not', async () => {
    const sleeper = spawn('sleep', ['60'])
    const file = await lockOf({ pid: sleeper.pid })
    expect((await fileErrorOf(takeLock(file))).message).toMatch(/lock of process \d+ on/)
    sleeper.kill('SIGKILL')
    await new Promise(resolve => sleeper.once('exit', resolve))
    const unlock = await takeLock(file)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid })
    await unlock()
    expect(await exists(file)).toBe(false)
    expect((await fileErrorOf(takeLock(await lockOf({ pid: 1, host: 'elsewhere' })))).message).toMatch(/on elsewhere/)
    await (
      await takeLock(await lockOf({ pid: process.pid }))
    )() // our number, but of a process before us
    await writeFile(file, 'garbage')
    expect((await fileErrorOf(takeLock(file))).message).toMatch(/unknown process.*delete this file/)
  })

  it('goes to one of many', async () => {
    const file = await lockOf({ pid: 999999999 })
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(file)))
    expect(results.filter(result => result.status === 'fulfilled').length).toBe(1)
  })
})

describe('the log', () => {
  it('loses a torn last line and nothing else', async () => {
    const file = path('log.jsonl')
    const long = 'x'.repeat(200_000)
    await writeFile(file, `{"a":1}\n{"b":"${long}`)
    expect(await readLog(file)).toEqual([{ a: 1 }])
    const log = await openLog(file)
    await log.write({ c: 3n })
    await log.close()
    expect(await readLog(file)).toMatchObject([{ a: 1 }, { c: '3' }])
    await writeFile(file, '{"torn')
    await (await openLog(file)).close()
    expect(await readLog(file)).toEqual([])
  })

  it('names the byte of a bad line within', async () => {
    const file = path('bad.jsonl')
    await writeFile(file, '{"a":1}\n{"b"\n{"c":1}\n')
    const error = await fileErrorOf(readLog(file))
    expect([error.offset, error.message]).toEqual([8, expect.stringMatching(/byte 8: expected a line of JSON/)])
    await writeFile(file, '[1]\n')
    expect((await fileErrorOf(readLog(file))).message).toMatch(/a JSON object/)
  })
})

describe('the environment', () => {
  it('names versions and hardware', () => {
    const { versions, hardware } = environment()
    expect(versions).toHaveProperty('zarrita')
    expect(hardware.cores).toBeGreaterThan(0)
  })
})
