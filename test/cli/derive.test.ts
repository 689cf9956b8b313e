import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { derive } from '../../src/cli/commands/derive.js'
import type { Derivation } from '../../src/pde/derive.js'
import { paths } from '../../src/pde/path.js'
import { schedules } from '../../src/pde/schedule.js'
import { invoke } from './invoke.js'

const folder = mkdtempSync(join(tmpdir(), 'invdiff-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function derivation(...args: string[]): Promise<Derivation> {
  const { code, out, err } = await invoke(['derive', ...args, '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Derivation
}

describe('invdiff derive', () => {
  it('writes Markdown with equations and residuals', async () => {
    const { code, out, err } = await invoke(['derive', 've'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^# The process/)
    expect(out).toContain('$$')
    expect(out).toMatch(/All \d+ checks hold\./)
  })

  it('takes a path with its parameter, and formulas', async () => {
    const built = await derivation('vp-k', '--k', '1', '--sigma', '0.01*(50/0.01)^t', '--alpha', '0', '--alpha', '1-t')
    expect(built.path.name).toBe('vp-k(k=1)')
    expect(built.schedule.definition).toContain('0.01*(50/0.01)^t')
    expect(built.alphas).toEqual(['0', '1-t'])
    const written = await derivation('--xi', '(1+sigma^3)^(-1/3)', '--alpha', '1', '--seed', '7')
    expect(written.path.xi).toBe('(1+sigma^3)^(-1/3)')
    expect(written.seed).toBe(7)
  })

  it('passes parameters to schedules', async () => {
    const { schedule } = await derivation(
      'vp',
      '--schedule',
      'karras',
      '--rho',
      '5',
      '--sigma-max',
      '20',
      '--alpha',
      '1',
    )
    const expected = schedules.create('karras', { rho: 5, sigmaMax: 20 })
    expect(schedule.definition).toBe(expected.definition)
    expect(
      (await derivation('ve', '--gamma', '4^t', '--sigma-min', '0.1', '--alpha', '0')).schedule.definition,
    ).toContain('4^t')
    expect((await derivation('subvp', '--beta', '0.1+19.9*t', '--alpha', '0')).schedule.definition).toContain('beta(t)')
  })

  it('names every built-in path, schedule and parameter in its help', async () => {
    const { out } = await invoke(['derive', '--help'])
    for (const { name, parameters } of [...paths.list(), ...schedules.list()]) {
      expect(out).toMatch(new RegExp(`\\b${name}\\b`))
      for (const parameter of Object.keys(parameters))
        expect(Object.keys(derive.options)).toContain(parameter.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`))
    }
  })

  it('writes a file, whole, and nothing to stdout', async () => {
    const file = join(folder, 've.md')
    const { code, out, err } = await invoke(['derive', 've', '--alpha', '1', '--output', file])
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: `wrote ${file}\n` })
    expect(readFileSync(file, 'utf8')).toMatch(/^# The process/)
    const failed = await invoke(['derive', 've', '--alpha', '1', '--output', join(folder, 'absent', 'x.md')])
    expect(failed.code).toBe(1)
    expect(failed.err).toContain(join('absent', 'x.md'))
    expect(existsSync(join(folder, 'absent'))).toBe(false)
  })

  it('writes a page of densities and particles', async () => {
    const [file, text] = [join(folder, 've.html'), join(folder, 'also.md')]
    const { code, err } = await invoke(['derive', 've', '--alpha', '1', '--html', file, '--output', text])
    expect(code).toBe(0)
    expect(err).toContain(`wrote ${file}\n`)
    expect(readFileSync(file, 'utf8')).toContain('Densities over time, particles on top')
  })

  it.each([
    [[], 'a path is missing: ve, vp, vp-k, subvp'],
    [['vpp'], "[path]: unknown path 'vpp'; did you mean 'vp'?"],
    [['vp', '--k', '2'], "[path]: unknown parameter of path 'vp': 'k'"],
    [['vp-k', '--k', '-1'], 'k = -1'],
    [['ve', '--xi', '1'], "both the path 've' and --xi"],
    [['--xi', '1', '--k', '1'], '--k belongs to the path vp-k'],
    [['--xi', '(1+sigma'], '--xi: the formula ends too early'],
    [['ve', '--sigma', 'sigma_max^t'], '--sigma: unknown name "sigma_max"'],
    [['ve', '--sigma', 't', '--beta', 't'], '--sigma and --beta: a process has one schedule'],
    [['ve', '--sigma', '1+t', '--rho', '7'], '--sigma gives the schedule as a formula: it has no parameter rho'],
    [['ve', '--schedule', 'kares'], "--schedule: unknown schedule 'kares'; did you mean 'karras'?"],
    [['ve', '--schedule', 'cosine', '--rho', '7'], "--schedule: unknown parameter of schedule 'cosine': 'rho'"],
    [['ve', '--alpha', '-1'], '--alpha: alpha = -1'],
    [['ve', '--alpha', 'sin('], '--alpha: '],
  ])('%j is a usage error that names the option', async (args, message) => {
    const { code, out, err } = await invoke(['derive', ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`invdiff: ${message}`.replace('invdiff: k', 'k'))
  })

  it('fails on a process that breaks a condition, saying which', async () => {
    const { code, out, err } = await invoke(['derive', 've', '--sigma', '1-t/2'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('wants sigma > sigma(0)')
  })
})
