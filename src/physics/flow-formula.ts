/**
 * Flows from formulas in x, y and t: a stream function, which is free of divergence however it is written, or the two
 * components, whose means over faces are taken by Gauss-Legendre quadrature and checked cell by cell.
 */
import { formula, type Formula } from '../expression.js'
import { array } from '../io/array.js'
import { faces, type Grid } from './grid.js'
import { faceShape, faceVelocity, streamVelocity, type Flow, type Velocity } from './velocity.js'

/** Formulas in x, y and t: `{ psi }` or `{ u, v }` on a rectangle, `{ u }` on a segment. */
export type FlowFormulas =
  | { readonly psi: string; readonly u?: never; readonly v?: never }
  | { readonly u: string; readonly v?: string; readonly psi?: never }

/** Nodes and weights of 6-point Gauss-Legendre on [0, 1], one half; the other is its mirror image. */
const gauss = [
  [0.033765242898423975, 0.08566224618958517],
  [0.16939530676686776, 0.1803807865240693],
  [0.38069040695840156, 0.23395696728634552],
].flatMap(([node, weight]) => [[node!, weight!], [1 - node!, weight!]] as const) // prettier-ignore

/**
 * The flow of formulas; a function of time where t occurs in them.
 *
 * @param constants named numbers that the formulas use.
 * @throws FormulaError for a fault in a formula; RangeError for components that are not free of divergence, with the cell.
 */
export function formulaFlow(
  grid: Grid,
  formulas: FlowFormulas,
  constants: Readonly<Record<string, number>> = {},
): Flow {
  const texts = formulas.psi === undefined ? [formulas.u, ...(formulas.v === undefined ? [] : [formulas.v])] : [formulas.psi] // prettier-ignore
  const compiled = texts.map(text => formula(text, { variables: ['x', 'y', 't'], constants }))
  const at = (t: number): Velocity => {
    if (formulas.psi !== undefined) return streamVelocity(grid, corners(grid, compiled[0]!, t))
    const means = compiled.map((component, axis) => faceMeans(grid, axis, component, t))
    return faceVelocity(grid, means.map((values, axis) => array(values, axis < grid.shape.length ? faceShape(grid, axis) : [0]))) // prettier-ignore
  }
  const steady = compiled.every(f => f.derivative('t').text === '0')
  const start = at(0) // a fault shows at once
  return steady ? start : at
}

function corners(grid: Grid, psi: Formula, t: number): Float64Array {
  const ys = grid.shape.length === 2 ? faces(grid, 1) : new Float64Array(0)
  const xs = faces(grid, 0)
  const length = xs.length * ys.length
  const x = Float64Array.from({ length }, (_, k) => xs[Math.floor(k / ys.length)]!)
  const y = Float64Array.from({ length }, (_, k) => ys[k % ys.length]!)
  return length === 0 ? x : psi.values({ x, y, t })
}

/** Mean of a component over each face across `axis`, in C order. */
function faceMeans(grid: Grid, axis: number, component: Formula, t: number): Float64Array {
  if (axis >= grid.shape.length) return new Float64Array(0)
  const xs = faces(grid, 0)
  if (grid.shape.length === 1) return component.values({ x: xs, y: new Float64Array(xs.length), t })
  const [rows, columns] = faceShape(grid, axis)
  const [hx, hy] = grid.spacing
  const out = new Float64Array(rows! * columns!)
  for (const [node, weight] of gauss) {
    const [dx, dy] = axis === 0 ? [0, node] : [node, 0]
    const x = out.map((_, k) => (Math.floor(k / columns!) + dx) * hx!)
    const y = out.map((_, k) => ((k % columns!) + dy) * hy!)
    component.values({ x, y, t }).forEach((value, k) => (out[k]! += weight * value))
  }
  return out
}
