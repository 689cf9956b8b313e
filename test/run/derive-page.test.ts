import { describe, expect, it } from 'vitest'
import { derive } from '../../src/pde/derive.js'
import { paths } from '../../src/pde/path.js'
import { diffusionProcess } from '../../src/pde/process.js'
import { reverseFamily } from '../../src/pde/reverse.js'
import { schedules } from '../../src/pde/schedule.js'
import { key } from '../../src/random.js'
import { derivationPage } from '../../src/run/derive-page.js'
import { forwardTracks, reverseTracks } from '../../src/run/derive-particles.js'

const schedule = schedules.create('geometric', { sigmaMax: 20 })
const sigmas = Array.from({ length: 201 }, (_, n) => 0.01 * 2000 ** (n / 200))
const count = 4000
const moments = (z: Float64Array): { mean: number; variance: number } => {
  const mean = z.reduce((sum, v) => sum + v, 0) / count
  return { mean, variance: z.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count }
}

describe.each(['ve', 'vp', 'vp-k', 'subvp'])('particles on %s', name => {
  const process = diffusionProcess(schedule, paths.create(name))

  it('go forward to the terminal law of the standardised data', () => {
    const { m, s } = process.kernel(20)
    const { mean, variance } = moments(forwardTracks(process, sigmas, key(1), count).at(-1)!)
    const wanted = m ** 2 + s ** 2
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(wanted / count)) // standard errors
    expect(Math.abs(variance / wanted - 1)).toBeLessThan(5 * Math.sqrt(2 / count))
  })

  it.each([0, 1, 2])('come back to the data at alpha = %d', alpha => {
    const back = reverseTracks(reverseFamily(process, alpha), sigmas, key(2), count)[0]!
    const { mean, variance } = moments(back.map(z => z / process.path.scale(0.01)))
    // Two modes of variance 1 together: standard errors of mean and variance, and 1 % for the step of order 1.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(count) + 0.01)
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(0.6 / count) + 0.01)
    expect(Math.abs(back.filter(z => z < -0.2).length / count - 0.4)).toBeLessThan(5 * Math.sqrt(0.24 / count))
  })
})

it('draws densities with particles on top in one file that asks nothing of the network', async () => {
  const path = paths.create('vp-k')
  const alphas = [0, '1-t']
  const html = await derivationPage({ derivation: derive(schedule, path, { alphas }), schedule, path, alphas })
  expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/)
  const places = [...html.matchAll(/<div class="plot" id="([^"]+)"/g)].map(([, id]) => id)
  expect(places).toEqual(['forward', 'noise', 'reverse-0', 'data-0', 'reverse-1', 'data-1'])
  const { figures } = JSON.parse(/id="figures">(.*?)<\/script>/s.exec(html)![1]!) as {
    figures: Record<string, { data: { type: string }[] }>
  }
  expect(Object.keys(figures)).toEqual(places)
  expect(figures['reverse-1']!.data.map(({ type }) => type)).toEqual(['heatmap', 'scatter'])
  expect(html).toMatch(/All \d+ checks hold/)
})
