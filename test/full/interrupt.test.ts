/** A problem of one's own begins, trains, and is interrupted so that it can go on. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { invoke } from '../cli/invoke.js'

const main = resolve('dist/src/cli/main.js')

it.skipIf(process.platform === 'win32')(
  'Ctrl-C leaves a run that --resume goes on with',
  { timeout: 300_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'invdiff-interrupt-'))
    const own = join(folder, 'rod')
    expect((await invoke(['init', own])).code).toBe(0)
    expect((await invoke(['init', own])).err).toContain('expected a free name')
    const interrupted = async (...more: string[]): Promise<number> => {
      const args = [main, 'train', './rod', '--steps', '100000', '--shape', '16', '--batch', '16', ...more]
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
      let err = ''
      child.stderr.on('data', (text: Buffer) => {
        err += text.toString()
        if (/^step \d+/m.test(err) && !child.killed) child.kill('SIGINT')
      })
      expect(await new Promise(done => child.once('exit', done)), err).toBe(130)
      return Number(/stopped after (\d+) steps; go on with --resume/.exec(err)?.[1])
    }
    const first = await interrupted()
    expect(first).toBeGreaterThan(0)
    expect(existsSync(join(folder, 'runs/rod-vp/checkpoint.safetensors'))).toBe(true)
    expect(await interrupted('--resume')).toBeGreaterThan(first)
    await rm(folder, { recursive: true })
  },
)
