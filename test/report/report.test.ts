import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { zeros } from '../../src/io/array.js'
import { cellGrid } from '../../src/physics/grid.js'
import { picture, sharedScale } from '../../src/report/data.js'
import { number } from '../../src/report/html.js'
import type { Figure } from '../../src/report/page.js'
import { reportHtml, writeReport } from '../../src/report/report.js'
import { temporaryFolder } from '../io/helpers.js'
import { fieldContent } from './contents.js'

const path = temporaryFolder()
const content = fieldContent([8, 6])

/** The figures that a page carries, by id. */
function figuresIn(html: string): Record<string, Figure> {
  const json = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(html)![1]!
  return (JSON.parse(json) as { figures: Record<string, Figure> }).figures
}

describe('report', () => {
  it('holds a place for every figure, and a figure for every place', async () => {
    const html = await reportHtml(content)
    const places = [...html.matchAll(/class="plot" id="([^"]+)"/g)].map(match => match[1])
    expect(places.length).toBe(15)
    expect(Object.keys(figuresIn(html)).sort()).toEqual(places.sort())
  })

  it('keeps to what is known: no truth, no prediction, no calibration, no places', async () => {
    const { title, summary, unknown, posterior, observation, budget, config } = content
    const { name, values, std } = observation
    const least = {
      title,
      summary,
      unknown,
      posterior,
      budget,
      config,
      warnings: [],
      observation: { name, values, std },
    }
    const ids = Object.keys(figuresIn(await reportHtml(least)))
    expect(ids).toEqual(['mean', 'std', ...[1, 2, 3, 4, 5, 6].map(k => `sample-${k}`), 'measured'])
  })

  it('shows text as text, whatever it holds', async () => {
    const bad = '</script><script>alert("x")</script> & <b>'
    const unknown = { ...content.unknown, name: bad, units: bad }
    const html = await reportHtml({ ...content, title: bad, summary: [bad], warnings: [bad], unknown, config: { bad } })
    expect(html).not.toContain('<script>alert')
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;b&gt;')
  })

  it('gives one colour scale to truth, mean and samples', async () => {
    const figures = figuresIn(await reportHtml(content))
    const scales = ['truth', 'mean', 'sample-1', 'sample-6'].map(id => {
      const { zmin, zmax, colorscale } = figures[id]!.data[0]!
      return JSON.stringify([zmin, zmax, colorscale])
    })
    expect(new Set(scales).size).toBe(1)
    expect(figures.mean!.layout.yaxis).toMatchObject({ scaleanchor: 'x', range: [0, 1.5] })
  })

  it('writes the file', async () => {
    await writeReport(path('report.html'), content)
    expect(await readFile(path('report.html'), 'utf8')).toMatch(/^<!doctype html>/)
  })

  it('refuses shapes that do not fit, and names them', async () => {
    const wrong = zeros('float64', [3])
    const cases: [object, RegExp][] = [
      [{ truth: wrong }, /truth: expected shape \[8, 6\], got \[3\]/],
      [{ posterior: { ...content.posterior, std: wrong } }, /posterior\.std/],
      [
        { posterior: { ...content.posterior, samples: content.posterior.mean } },
        /samples: expected shape \[any, 8, 6\]/,
      ],
      [{ observation: { ...content.observation, std: wrong } }, /observation\.std: expected shape \[24\]/],
      [{ predicted: { ...content.predicted, mean: wrong } }, /predicted\.mean/],
    ]
    for (const [change, message] of cases) await expect(reportHtml({ ...content, ...change })).rejects.toThrow(message)
  })
})

describe('pieces', () => {
  it('turns a field [nx, ny] into rows of a picture, and averages fine ones over blocks', () => {
    const grid = cellGrid([2, 3], [2, 3])
    const { z, x, y } = picture(Float64Array.of(1, 2, 3, 4, 5, 6), grid)
    expect(Array.from(z)).toEqual([1, 4, 2, 5, 3, 6])
    expect([x, y]).toEqual([[0.5, 1.5], [0.5, 1.5, 2.5]]) // prettier-ignore
    const fine = cellGrid([300, 1], [3, 1]) // blocks of 3
    const ramp = Float64Array.from({ length: 300 }, (_, i) => i)
    const coarse = picture(ramp, fine)
    expect(coarse.z.length).toBe(100)
    expect([coarse.z[0], coarse.z[99]]).toEqual([1, 298])
    expect(coarse.x[0]).toBeCloseTo(0.015, 12)
  })

  it('takes a diverging scale only for fields of both signs', () => {
    expect(sharedScale([[1, 2], [0, 4]])).toMatchObject({ colorscale: 'Viridis', zmin: 0, zmax: 4 }) // prettier-ignore
    expect(sharedScale([[-0.1, 4]])).toMatchObject({ colorscale: 'Viridis', zmin: -0.1, zmax: 4 })
    expect(sharedScale([[-2, 4]])).toMatchObject({ zmin: -4, zmax: 4 })
    expect(sharedScale([[0, 0]])).toMatchObject({ zmin: 0, zmax: 1 })
  })

  it('prints numbers for people', () => {
    expect([0.14231, 12.34, 18432, 1.5e-5, 2.5e7, 0, NaN, 2.5e7 + 0.5].map(v => number(v))).toEqual([
      '0.142', '12.3', '18,432', '1.50e-5', '25,000,000', '0', 'NaN', '2.50e7',
    ]) // prettier-ignore
  })
})
