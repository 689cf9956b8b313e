/** `simulate`, stopped: by a kill or a signal. It goes on, and ends with what an unbroken run has. */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../io/helpers.js'
import { simulations } from '../run/shards.js'

const path = temporaryFolder()
const { problem, small, shards, contents } = simulations(path)

describe('a run that stops', () => {
  it('goes on after a kill, with what an unbroken one has', async () => {
    const main = new URL('../../dist/src/cli/main.js', import.meta.url).pathname
    const args = ['simulate', problem, '--shape', '8x8', '--count', '600', '--threads', '1', '--out', path('killed')]
    const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const begun = (): boolean => {
      try {
        return shards('killed').length > 0
      } catch {
        return false
      }
    }
    while (child.exitCode === null && !begun()) await new Promise(resolve => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await ended
    const before = shards('killed').length
    expect(before).toBeGreaterThan(0)
    const { made } = await small('killed')
    expect(made).toBeLessThan(600)
    await small('unbroken')
    expect(await contents('killed')).toEqual(await contents('unbroken'))
    expect(readdirSync(path('killed')).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('stops at a signal after the shard at hand, and goes on', async () => {
    const abort = new AbortController()
    const progress = ({ examples }: { examples: number }): void => {
      if (examples > 0) abort.abort()
    }
    const first = await small('stopped', { signal: abort.signal, progress })
    expect(first).toMatchObject({ stopped: true, made: 256 })
    expect((await small('stopped')).made).toBe(344)
  })
})
