import { describe, expect, it } from 'vitest'
import { compareProcesses, type Comparison } from '../../src/run/compare-processes.js'
import { comparisonPage } from '../../src/run/compare-page.js'
import { toCsv, toTable } from '../../src/run/compare-text.js'

const small = { density: 'ring', n: 200, samplers: ['heun', 'exponential'], steps: [8, 16] } as const

describe('compare-processes', () => {
  let found: Comparison
  it('gives a row for each path, sampler, alpha and number of steps, and the same errors on every path', async () => {
    found = await compareProcesses(small)
    expect(found.rows.length).toBe(4 * (1 + 2) * 2)
    expect(found.density.metric).toBe('sliced W1')
    expect(found.rows.map(row => row.calls)).toContain(2 * 16 + 1)
    const of = (path: string): number[] => found.rows.filter(row => row.path === path).map(row => row.distance)
    // Equal in exact arithmetic; float32 leaves 1e-4 of the state.
    for (const path of ['vp', 'subvp', 'vp-k(k=1)'])
      of(path).forEach((distance, i) => expect(Math.abs(distance - of('ve')[i]!)).toBeLessThan(1e-4))
  })

  it('writes a table, CSV and a figure that asks nothing of the network', async () => {
    expect(toTable(found).split('\n').length).toBe(2 + 1 + found.rows.length + 1)
    const lines = toCsv(found).trim().split('\n')
    expect(lines[0]).toBe('density,metric,floor,path,sampler,alpha,steps,calls,distance,deviation,ratio,seconds')
    for (const line of lines) expect(line.split(',').length).toBe(12)
    const html = await comparisonPage(found)
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/)
    const { figures } = JSON.parse(/id="figures">(.*?)<\/script>/s.exec(html)![1]!) as {
      figures: { calls: { data: { name: string; x: number[] }[] } }
    }
    // A panel for each of four paths: heun, exponential at two alphas, and the floor.
    expect(figures.calls.data.length).toBe(4 * (3 + 1))
    for (const { x } of figures.calls.data) expect(x.length).toBe(2)
  })

  it.each([
    [{ paths: ['vq'] }, /unknown path 'vq'; did you mean 've'/],
    [{ paths: ['vp-k=x'] }, /k = NaN/],
    [{ samplers: ['huen'] }, /unknown step 'huen'; did you mean 'heun'/],
    [{ alphas: [-1] }, /alpha = -1/],
    [{ grid: 'log' }, /unknown time grid 'log'/],
  ])('refuses %j', async (wrong, message) => {
    await expect(compareProcesses({ ...small, ...wrong })).rejects.toThrow(message)
  })

  it('stops when asked', async () => {
    const controller = new AbortController()
    controller.abort()
    await expect(compareProcesses({ ...small, signal: controller.signal })).rejects.toThrow(/aborted/)
  })
})
