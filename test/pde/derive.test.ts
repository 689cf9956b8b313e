import { describe, expect, it } from 'vitest'
import { ConditionError } from '../../src/pde/conditions.js'
import { derive, type Derivation } from '../../src/pde/derive.js'
import { pathOf, paths } from '../../src/pde/path.js'
import { scheduleOfSigma, schedules } from '../../src/pde/schedule.js'
import { toJSON, toMarkdown } from '../../src/pde/trace.js'
import { allPaths, allSchedules } from './processes.js'

const failures = ({ statements }: Derivation) =>
  statements.flatMap(({ checks }) => checks.filter(({ holds }) => !holds))
const geometric = schedules.create('geometric')
const one = paths.create('vp-k', { k: 1 })

describe('derive', () => {
  it.each(allPaths)('holds for the path $name', path => {
    expect(failures(derive(geometric, path))).toEqual([])
  })

  it.each(allSchedules)('holds for the schedule $name', schedule => {
    expect(failures(derive(schedule, one))).toEqual([])
  })

  it('holds for formulas of alpha, and for the commands of the manual', () => {
    const schedule = scheduleOfSigma('mine', '0.01*(50/0.01)^t')
    const derivation = derive(schedule, pathOf('mine', '(1+sigma^3)^(-1/3)'), {
      alphas: ['2*exp(-sigma)', 't'],
      seed: 7,
    })
    expect(failures(derivation)).toEqual([])
    expect(derivation.holds).toBe(true)
    expect(derivation.alphas).toEqual(['2*exp(-sigma)', 't'])
  })

  it('is the same for the same seed, and has every part of theory.md, section 7', () => {
    const derivation = derive(geometric, one, { alphas: [1] })
    expect(derive(geometric, one, { alphas: [1] })).toEqual(derivation)
    expect(derivation.statements.map(({ id }) => id)).toEqual([
      'clock',
      'heat',
      'conditions',
      'coefficients',
      'forward',
      'green',
      'terminal',
      'reverse',
      'particles',
      'score-frozen',
      'denoiser-frozen',
      'loss',
    ])
    for (const { checks, latex } of derivation.statements) {
      expect(checks.length).toBeGreaterThan(0)
      expect(latex.length).toBeGreaterThan(0)
    }
  })

  it('reports a schedule whose gamma is not the rate of its sigma', () => {
    const derivation = derive({ ...geometric, gamma: t => 2 * geometric.gamma(t) }, one, { alphas: [1] })
    expect(derivation.holds).toBe(false)
    expect(failures(derivation).map(({ name }) => name)).toContain('gamma = d(sigma^2)/dt')
    expect(toMarkdown(derivation)).toMatch(/checks fail: gamma = d\(sigma\^2\)\/dt;.*\n[^]*\*\*no\*\*/)
  })

  it('throws what breaks a condition', () => {
    expect(() => derive(geometric, pathOf('mine', '2/(1+sigma)'))).toThrow(ConditionError)
  })
})

describe('trace', () => {
  const derivation = derive(geometric, one)

  it('writes Markdown with balanced LaTeX and whole tables', () => {
    const text = toMarkdown(derivation)
    expect(text).toContain('All ')
    expect(text).toContain('\\xi(\\sigma) = \\left(1 + \\sigma^{1}\\right)^{\\frac{-1}{1}}')
    expect(text.match(/^\$\$$/gm)!.length % 2).toBe(0)
    for (const { latex } of derivation.statements)
      for (const line of latex) {
        expect(line.match(/{/g)?.length).toBe(line.match(/}/g)?.length)
        expect(line.match(/\\left/g)?.length).toBe(line.match(/\\right/g)?.length)
      }
    const rows = text.split('\n').filter(line => line.startsWith('|'))
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(7)
  })

  it('writes JSON that reads back', () => {
    expect(JSON.parse(toJSON(derivation))).toEqual(derivation)
  })
})
