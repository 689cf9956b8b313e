/** Line charts for notebooks: plain SVG, so that they show in Jupyter, on GitHub and on paper without a network. */

export interface Curve {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  /** Default `line`. */
  readonly style?: 'line' | 'thin' | 'dashed' | 'points'
  /** Default: the next of the palette. */
  readonly colour?: string
}

export interface Band {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly low: ArrayLike<number>
  readonly high: ArrayLike<number>
}

export interface Chart {
  readonly title: string
  /** Labels of the axes. */
  readonly x: string
  readonly y: string
  readonly curves: readonly Curve[]
  readonly bands?: readonly Band[]
  /** Axes whose scale is logarithmic. */
  readonly log?: readonly ('x' | 'y')[]
}

/** A value that notebooks show as a picture: MIME type by content, as Deno's kernel asks for it. */
export interface Picture {
  [display]: () => Readonly<Record<string, string>>
}

export const display = Symbol.for('Jupyter.display')

const [width, height] = [720, 360]
const frame = { left: 64, right: 520, top: 34, bottom: 312 }
/** Okabe and Ito's colours, told apart by everybody. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']

/** A chart of curves over bands. Points that are not finite (or not positive on a logarithmic axis) are left out. */
export function chart(content: Chart): Picture {
  const svg = svgOf(content)
  return { [display]: () => ({ 'image/svg+xml': svg }) }
}

interface Axis {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

function svgOf({ title, x, y, curves, bands = [], log = [] }: Chart): string {
  const along = axis(
    [...curves, ...bands].flatMap(c => Array.from(c.x)),
    log.includes('x'),
    frame.left,
    frame.right,
  )
  const up = axis(
    [...curves.flatMap(c => Array.from(c.y)), ...bands.flatMap(b => [...Array.from(b.low), ...Array.from(b.high)])],
    log.includes('y'),
    frame.bottom,
    frame.top,
  )
  const colours = curves.map(({ colour }, i) => colour ?? palette[i % palette.length]!)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${frame.left}" y="20" font-size="14">${escaped(title)}</text>`,
    ...along.ticks.map(v => tick(along.at(v), frame.bottom, v, 'x')),
    ...up.ticks.map(v => tick(frame.left, up.at(v), v, 'y')),
    ...bands.map(band => `<polygon points="${outline(band, along, up)}" fill="${palette[0]!}" fill-opacity="0.18"/>`),
    ...curves.map((curve, i) => drawn(curve, colours[i]!, along, up)),
    label(x, (frame.left + frame.right) / 2, height - 14),
    `<g transform="rotate(-90)">${label(y, -(frame.top + frame.bottom) / 2, 16)}</g>`,
    ...legend(curves, colours, bands),
    '</svg>',
  ].join('\n')
}

function axis(values: readonly number[], log: boolean, from: number, to: number): Axis {
  const scale = log ? Math.log10 : (v: number): number => v
  const scaled = values.map(scale).filter(Number.isFinite)
  const [low, high] = [Math.min(...scaled), Math.max(...scaled)]
  const margin = (high - low || 1) * 0.04
  const at = (v: number): number => from + ((scale(v) - low + margin) / (high - low + 2 * margin)) * (to - from)
  return { at, ticks: log ? decades(low - margin, high + margin) : rounds(low - margin, high + margin) }
}

/** Multiples of 1, 2 or 5 times a power of ten, about six of them. */
function rounds(low: number, high: number): number[] {
  const rough = (high - low) / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(m => m * power >= rough) ?? 10)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  )
}

/** 1, 2 and 5 times powers of ten. */
function decades(low: number, high: number): number[] {
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i)
  const factors = high - low > 2 ? [1] : [1, 2, 5]
  return powers.flatMap(p => factors.map(f => f * 10 ** p)).filter(v => Math.log10(v) >= low && Math.log10(v) <= high)
}

const points = (xs: ArrayLike<number>, ys: ArrayLike<number>, along: Axis, up: Axis): string[] =>
  Array.from(xs, (x, i) => [along.at(x), up.at(ys[i]!)] as const)
    .filter(place => place.every(Number.isFinite))
    .map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`)

const outline = ({ x, low, high }: Band, along: Axis, up: Axis): string =>
  [...points(x, low, along, up), ...points(x, high, along, up).reverse()].join(' ')

function drawn({ x, y, style = 'line' }: Curve, colour: string, along: Axis, up: Axis): string {
  const places = points(x, y, along, up)
  if (style === 'points')
    return places.map(p => `<circle cx="${p.replace(',', '" cy="')}" r="3" fill="${colour}"/>`).join('')
  const look = { line: 'stroke-width="2"', thin: 'stroke-opacity="0.5"', dashed: 'stroke-width="2" stroke-dasharray="6 4"' }[style] // prettier-ignore
  return `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" ${look}/>`
}

function tick(px: number, py: number, value: number, of: 'x' | 'y'): string {
  const [line, place, anchor] =
    of === 'x'
      ? [`x1="${px}" x2="${px}" y1="${frame.top}" y2="${frame.bottom}"`, `x="${px}" y="${py + 16}"`, 'middle']
      : [`x1="${frame.left}" x2="${frame.right}" y1="${py}" y2="${py}"`, `x="${px - 6}" y="${py + 4}"`, 'end']
  return `<line ${line} stroke="#ddd"/><text ${place} text-anchor="${anchor}" fill="#444">${value}</text>`
}

const label = (text: string, px: number, py: number): string =>
  `<text x="${px}" y="${py}" text-anchor="middle">${escaped(text)}</text>`

/** One line for each name, to the right of the frame. */
function legend(curves: readonly Curve[], colours: readonly string[], bands: readonly Band[]): string[] {
  const named = new Map(bands.map(({ name }) => [name, '#0072b24d']))
  curves.forEach(({ name }, i) => named.has(name) || named.set(name, colours[i]!))
  return [...named].map(([name, colour], i) => {
    const py = frame.top + 14 + 16 * i
    const line = `<line x1="${frame.right + 10}" x2="${frame.right + 28}" y1="${py - 4}" y2="${py - 4}" stroke="${colour}" stroke-width="4"/>`
    return `${line}<text x="${frame.right + 34}" y="${py}">${escaped(name)}</text>`
  })
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
