/**
 * The forward and the reverse equation in one dimension, by finite volumes (theory.md, sections 2, 3 and 7):
 *
 *   forward  d_t p   = -div(-b z p) + (gamma^/2) Lap p
 *   reverse  d_tau q = -div([b z + (1+alpha)/2 gamma^ score] q) + (alpha/2) gamma^ Lap q
 *
 * Both are solved in u = z / r(sigma), r = sqrt(m^2 + s^2) the deviation of diffused standardised data, so that one grid
 * serves the data and the noise, on every path. It adds -d ln r to the coefficient of z, and divides score_u by r^2 and
 * the Laplacian by r^2. Mass and the L1 distance are those of z.
 *
 * Cell averages on a grid with closed ends. One step is implicit Euler with exponentially fitted fluxes (Scharfetter and
 * Gummel 1969; Chang and Cooper 1970): with V and G the velocity at a face and the diffusion, integrated over the step,
 *
 *   F = (G/h) [B(-P) p_left - B(P) p_right],   P = V h / G,   B(P) = P / (e^P - 1);   upwind for G = 0.
 *
 * The matrix is an M-matrix whose columns sum to the cell widths, so every step is positive and conserves mass, whatever
 * its size. Order 1 in the step; order 2 in h where |P| < 1, order 1 where it is large (alpha = 0).
 *
 * The reverse uses the *stored* forward score: grad log of its own running density would be anti-diffusion, ill-posed for
 * every alpha.
 */
import { integralOfVariance } from './alpha.js'
import type { Kernel, Process } from './process.js'
import type { Increments, ReverseFamily } from './reverse.js'

/** Equal cells of u: n + 1 faces, n centers, one width h. */
export interface Grid {
  readonly faces: Float64Array
  readonly centers: Float64Array
  readonly h: number
}

/** Densities of u = z / r at each level, index for index, as cell averages: p(z) = density(z / r) / r. */
export interface Evolution {
  readonly grid: Grid
  readonly sigmas: readonly number[]
  readonly scales: readonly number[]
  readonly densities: readonly Float64Array[]
}

/** r = sqrt(m^2 + s^2): the unit of u at a level. */
export const unit = ({ m, s }: Kernel): number => Math.hypot(m, s)

/** A grid of u on [-halfWidth, halfWidth]; 7 holds all but 1e-11 of a standardised Gaussian. */
export function gridOf(halfWidth: number, cells: number): Grid {
  if (!(halfWidth > 0 && halfWidth < Infinity)) throw new RangeError(`grid: halfWidth = ${halfWidth} must be positive`)
  if (!(Number.isInteger(cells) && cells >= 2)) throw new RangeError(`grid: cells = ${cells}; wants an integer >= 2`)
  const h = (2 * halfWidth) / cells
  return {
    faces: Float64Array.from({ length: cells + 1 }, (_, i) => i * h - halfWidth),
    centers: Float64Array.from({ length: cells }, (_, i) => (i + 0.5) * h - halfWidth),
    h,
  }
}

/** Cell averages in u = z / scale of a density of z, by three-point Gauss-Legendre. */
export function cellAverages({ centers, h }: Grid, scale: number, density: (z: number) => number): Float64Array {
  const d = h * Math.sqrt(3 / 20)
  const at = (u: number): number => scale * density(scale * u)
  return centers.map(u => (5 * at(u - d) + 8 * at(u) + 5 * at(u + d)) / 18)
}

/** sum p h. */
export const mass = ({ h }: Grid, p: Float64Array): number => h * p.reduce((sum, value) => sum + value, 0)

/** int |p - q| du. */
export const distance = ({ h }: Grid, p: Float64Array, q: Float64Array): number =>
  h * p.reduce((sum, value, i) => sum + Math.abs(value - q[i]!), 0)

/**
 * Solves the forward equation.
 *
 * @param data density of z at sigmas[0].
 * @param sigmas increasing levels.
 * @returns the density at every level; memory grows with levels times cells.
 */
export function solveForward(
  process: Process,
  grid: Grid,
  data: (z: number) => number,
  sigmas: readonly number[],
): Evolution {
  const { path } = process
  const scales = sigmas.map(sigma => unit(process.kernel(sigma)))
  const densities = [cellAverages(grid, scales[0]!, data)]
  for (let n = 1; n < sigmas.length; n++) {
    const [from, to] = [sigmas[n - 1]!, sigmas[n]!]
    const [r, next] = [scales[n - 1]!, scales[n]!]
    const stretch = path.logScale(to) - path.logScale(from) - Math.log(next / r)
    const variance = integralOfVariance(to, from, sigma => path.scale(sigma) ** 2)
    const velocity = grid.faces.map(u => stretch * u)
    densities.push(implicitStep(grid, densities[n - 1]!, velocity, variance / (2 * r * next)))
  }
  return { grid, sigmas, scales, densities }
}

/**
 * Solves the reverse equation down the levels of a forward solution, with its stored score.
 *
 * @param start density of u at the last level; the forward solution's unless given.
 * @returns the density at every level, in the forward's order: densities[0] is the end, to be compared with the data.
 */
export function solveReverse(
  reverse: Pick<ReverseFamily, 'increments'>,
  forward: Evolution,
  start = forward.densities.at(-1)!,
): Evolution {
  const { grid, sigmas, scales } = forward
  const densities = Array.from<Float64Array>({ length: sigmas.length }).fill(start)
  for (let n = sigmas.length - 1; n > 0; n--) {
    const step: Increments = reverse.increments(sigmas[n]!, sigmas[n - 1]!)
    const [r, next] = [scales[n]!, scales[n - 1]!]
    const stretch = step.stretch - Math.log(next / r)
    const score = faceScore(grid, forward.densities[n]!)
    const velocity = grid.faces.map((u, i) => stretch * u + (step.score / (r * next)) * score[i]!)
    densities[n - 1] = implicitStep(grid, densities[n]!, velocity, step.laplacian / (r * next))
  }
  return { grid, sigmas, scales, densities }
}

/** grad log p at the faces; 0 at the two ends and where p has underflown. */
function faceScore({ faces, h }: Grid, p: Float64Array): Float64Array {
  return faces.map((_, i) => {
    const [left, right] = [p[i - 1] ?? 0, p[i] ?? 0]
    return left > 0 && right > 0 ? Math.log(right / left) / h : 0
  })
}

/** B(P) = P / (e^P - 1). */
const bernoulli = (P: number): number => (P === 0 ? 1 : P / Math.expm1(P))

/**
 * One implicit step: (h + left_i + right_i) p'_i - right_(i-1) p'_(i-1) - left_(i+1) p'_(i+1) = h p_i, where left and right
 * are the rates out of a cell through its two faces.
 */
function implicitStep({ h }: Grid, p: Float64Array, velocity: Float64Array, diffusion: number): Float64Array {
  const n = p.length
  const conductance = diffusion / h
  const left = new Float64Array(n)
  const right = new Float64Array(n)
  for (let i = 1; i < n; i++) {
    const V = velocity[i]!
    const P = V / conductance
    const fitted = Number.isFinite(P) // else there is no diffusion: upwind
    right[i - 1] = fitted ? conductance * bernoulli(-P) : Math.max(V, 0)
    left[i] = fitted ? conductance * bernoulli(P) : Math.max(-V, 0)
  }
  return solve(h, left, right, p)
}

/**
 * Solves the step's system without a subtraction (Grassmann, Taksar and Heyman 1985), so that every p' keeps its relative
 * accuracy, far into the tails, and mass its last digits. `kept` is what stays of a cell's width once the cells before it
 * are eliminated; the pivot is kept + right.
 */
function solve(h: number, left: Float64Array, right: Float64Array, p: Float64Array): Float64Array {
  const n = p.length
  const pivot = new Float64Array(n)
  const next = new Float64Array(n)
  pivot[0] = h + right[0]!
  next[0] = h * p[0]!
  let kept = h
  for (let i = 1; i < n; i++) {
    kept = h + (left[i]! * kept) / pivot[i - 1]!
    pivot[i] = kept + right[i]!
    next[i] = h * p[i]! + (right[i - 1]! * next[i - 1]!) / pivot[i - 1]!
  }
  next[n - 1]! /= pivot[n - 1]!
  for (let i = n - 2; i >= 0; i--) next[i] = (next[i]! + left[i + 1]! * next[i + 1]!) / pivot[i]!
  return next
}
