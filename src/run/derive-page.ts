/**
 * A derivation as a page to look at: the densities of the process over time, forward and back, by finite volumes, with
 * particles on top; and every check (theory.md, section 7).
 */
import type { Check } from '../pde/checks/check.js'
import { forwardVolumes } from '../pde/checks/volumes.js'
import type { Derivation, Statement } from '../pde/derive.js'
import { solveReverse, type Evolution } from '../pde/fokker-planck.js'
import { density, diffuse, testMixture } from '../pde/mixture.js'
import type { Path } from '../pde/path.js'
import { diffusionProcess, type Process } from '../pde/process.js'
import { reverseFamily } from '../pde/reverse.js'
import type { Schedule } from '../pde/schedule.js'
import { key } from '../random.js'
import { escaped, paragraph, section, table } from '../report/html.js'
import { figurePlace, page, type Figure } from '../report/page.js'
import { forwardTracks, reverseTracks, type Tracks } from './derive-particles.js'

/** What was derived. */
export interface Derived {
  readonly derivation: Derivation
  readonly schedule: Schedule
  readonly path: Path
  readonly alphas: readonly (number | string)[]
}

/** Particles that are drawn as lines, and that are counted at the end. */
const LINES = 30
const COUNTED = 4000
/** Every such level is drawn, and every such cell. */
const [LEVELS, CELLS] = [4, 4]

const ends = `Finite volumes and ${COUNTED} particles against the closed form.`

/** The page, in one file without any request. */
export async function derivationPage({ derivation, schedule, path, alphas }: Derived): Promise<string> {
  const process = diffusionProcess(schedule, path)
  const { fine: forward } = forwardVolumes(process)
  const times = forward.sigmas.map(sigma => schedule.time(sigma))
  const root = key(derivation.seed, 'derive', 'page')
  const top = times.length - 1
  const there = forwardTracks(process, forward.sigmas, root, COUNTED)
  const figures: Record<string, Figure> = {
    forward: overTime(forward, times, there),
    noise: slice(process, forward, top, there[top]!, 'forward equation'),
  }
  const places = [
    figurePlace({ id: 'forward', title: 'Forward: from the data to noise', caption: `z in units of its standard deviation; ${LINES} particles on top.` }), // prettier-ignore
    figurePlace({ id: 'noise', title: 'Forward, at t = 1', caption: ends }),
  ]
  alphas.forEach((alpha, i) => {
    const reverse = reverseFamily(process, alpha)
    const volumes = solveReverse(reverse, forward)
    const back = reverseTracks(reverse, forward.sigmas, root, COUNTED)
    figures[`reverse-${i}`] = overTime(volumes, times, back)
    figures[`data-${i}`] = slice(process, volumes, 0, back[0]!, 'reverse equation')
    const member = `alpha = ${reverse.alpha.text}`
    places.push(
      figurePlace({ id: `reverse-${i}`, title: `Back from noise, ${member}`, caption: 'From right to left: the same densities for every alpha, other particles.' }), // prettier-ignore
      figurePlace({ id: `data-${i}`, title: `Back, at t = 0, ${member}`, caption: ends }),
    )
  })
  const title = `The process of ${schedule.definition} on the path ${path.name}`
  const body = [
    paragraph(
      `xi = ${path.xi.text}. ${verdict(derivation)} The data: two Gaussians, of mean 0 and variance 1 together.`,
    ),
    section('Densities over time, particles on top', `<div class="panels wide">${places.join('\n')}</div>`),
    section('Statements and their checks', ...derivation.statements.map(statement)),
  ]
  return page(title, body.join('\n'), figures)
}

function verdict({ statements }: Derivation): string {
  const checks = statements.flatMap(s => s.checks)
  const failed = checks.filter(({ holds }) => !holds).length
  return failed === 0 ? `All ${checks.length} checks hold.` : `${failed} of ${checks.length} checks fail.`
}

const rounded = (values: Float64Array, digits = 4): number[] => Array.from(values, v => Number(v.toPrecision(digits)))

/** Density against t and u = z / sqrt(m^2 + s^2), with the tracks of particles. */
function overTime({ grid, scales, densities }: Evolution, times: readonly number[], tracks: Tracks): Figure {
  const kept = times.map((_, n) => n).filter(n => n % LEVELS === 0)
  const cells = Array.from(grid.centers.keys()).filter(i => i % CELLS === 0 && Math.abs(grid.centers[i]!) < 4)
  const t = kept.map(n => Number(times[n]!.toPrecision(4)))
  const heat = {
    type: 'heatmap',
    x: t,
    y: cells.map(i => grid.centers[i]!),
    z: cells.map(i =>
      rounded(
        Float64Array.from(kept, n => densities[n]![i]!),
        3,
      ),
    ),
    zsmooth: 'best',
    zmin: 0,
    zmax: 1.2,
    colorscale: [[0, '#ffffff'], [0.25, '#c6dbef'], [0.6, '#6baed6'], [1, '#08519c']], // prettier-ignore
    colorbar: { title: { text: 'density' }, thickness: 10, outlinewidth: 0 },
    hovertemplate: 't %{x:.3f}<br>z %{y:.2f} sd<br>density %{z}<extra></extra>',
  }
  // One line with gaps draws faster than many.
  const drawn = Array.from({ length: LINES }, (_, i) => i)
  const lines = {
    type: 'scatter',
    mode: 'lines',
    x: drawn.flatMap(() => [...t, null]),
    y: drawn.flatMap(i => [...kept.map(n => Number((tracks[n]![i]! / scales[n]!).toFixed(3))), null]),
    line: { color: 'rgba(179, 60, 0, 0.55)', width: 0.8 },
    hoverinfo: 'skip',
    showlegend: false,
  }
  const layout = {
    xaxis: { title: { text: 't' }, range: [0, 1], zeroline: false },
    yaxis: { title: { text: 'z / sqrt(m² + s²)' }, range: [-4, 4], zeroline: false },
  }
  return { data: [heat, lines], layout }
}

/** The density of z at level n: by finite volumes, by particles, and exactly. */
function slice(
  process: Process,
  { grid, sigmas, scales, densities }: Evolution,
  n: number,
  particles: Float64Array,
  name: string,
): Figure {
  const unit = scales[n]!
  const law = diffuse(testMixture, process.kernel(sigmas[n]!))
  const cells = Array.from(grid.centers.keys()).filter(i => Math.abs(grid.centers[i]!) < 4)
  const z = rounded(Float64Array.from(cells, i => unit * grid.centers[i]!))
  const volumes = rounded(Float64Array.from(cells, i => densities[n]![i]! / unit))
  const exact = rounded(Float64Array.from(z, v => density(law, v)))
  const line = { type: 'scatter', mode: 'lines', x: z }
  return {
    data: [
      {
        type: 'histogram',
        name: 'particles',
        x: rounded(particles),
        histnorm: 'probability density',
        xbins: { start: -4 * unit, end: 4 * unit, size: 0.1 * unit },
        marker: { color: 'rgba(179, 60, 0, 0.35)' },
      },
      { ...line, name: 'closed form', y: exact, line: { color: '#16191d', width: 2 } },
      { ...line, name, y: volumes, line: { color: '#4292c6', width: 2, dash: 'dot' } },
    ],
    layout: {
      xaxis: { title: { text: 'z' }, range: [-3 * unit, 3 * unit], zeroline: false },
      yaxis: { title: { text: 'density' }, rangemode: 'tozero', automargin: true },
    },
  }
}

const statement = ({ title, text, latex, checks }: Statement): string =>
  [`<h3>${escaped(title)}</h3>`, paragraph(text), `<details><summary>LaTeX</summary><pre>${escaped(latex.join('\n'))}</pre></details>`, residuals(checks)].join('\n') // prettier-ignore

const residuals = (checks: readonly Check[]): string =>
  table(
    ['check', 'where', 'residual', 'tolerance', 'holds'],
    checks.map(({ name, at = '', residual, tolerance, holds }) => [name, at, residual.toExponential(1), tolerance.toExponential(1), holds ? 'yes' : 'no']), // prettier-ignore
  )
