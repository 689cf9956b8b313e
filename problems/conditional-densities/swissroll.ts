/**
 * t = (3 pi / 2)(1 + 2 h), h ~ U(0, 1),   y = 0.1 t cos t + 0.1 V,   x = 0.1 t sin t + 0.1 W,   V, W ~ N(0, 1)
 *
 * Given y, x is a mixture over t of N(0.1 t sin t, 0.1^2) with weights phi((y - 0.1 t cos t) / 0.1). The integrals over t
 * are taken by Gauss's rule with eight nodes on each of 64 panels; a panel moves the centres by at most 2.1 of their
 * width, so that they are exact to about 1e-12.
 */
import { array, normal, subkey, uniform } from 'invdiff'
import { assertFinite, assertProbability, linspace, type ConditionalDensity, type Law } from './density.js'
import { normalCdfs, normalPdf } from './gauss.js'

const [first, last] = [1.5 * Math.PI, 4.5 * Math.PI]
const width = 0.1

/** Gauss-Legendre on [-1, 1], eight nodes: the positive ones with their weights. */
const nodes = [0.18343464249564981, 0.52553240991632899, 0.79666647741362674, 0.96028985649753623]
const weights = [0.36268378337836198, 0.31370664587788729, 0.22238103445337447, 0.10122853629037626]

/** The rule on [first, last]: centres (y, x) at each node, with its weight. */
const curve = rule(64).map(({ t, weight }) => ({ weight, y: 0.1 * t * Math.cos(t), x: 0.1 * t * Math.sin(t) }))

function rule(panels: number): { t: number; weight: number }[] {
  const half = (last - first) / panels / 2
  return Array.from({ length: panels }, (_, k) => first + (2 * k + 1) * half).flatMap(middle =>
    nodes.flatMap((node, i) => [-1, 1].map(sign => ({ t: middle + sign * node * half, weight: weights[i]! * half }))),
  )
}

/** The mixture's components that count: weights sum to 1, and those below 1e-18 of the largest are left out. */
function components(y: number): { weight: Float64Array; centre: Float64Array } {
  const exponents = curve.map(node => -0.5 * ((y - node.y) / width) ** 2)
  const largest = Math.max(...exponents)
  const kept = curve
    .map((node, i) => ({ centre: node.x, weight: node.weight * Math.exp(exponents[i]! - largest) }))
    .filter(({ weight }) => weight > 1e-18)
  const total = kept.reduce((sum, { weight }) => sum + weight, 0)
  return {
    weight: Float64Array.from(kept, ({ weight }) => weight / total),
    centre: Float64Array.from(kept, ({ centre }) => centre),
  }
}

function mixture(y: number): Law {
  const { weight, centre } = components(y)
  const z = new Float64Array(centre.length)
  const Phi = new Float64Array(centre.length)
  function pdf(x: number): number {
    let sum = 0
    for (let i = 0; i < centre.length; i++) sum += weight[i]! * normalPdf((x - centre[i]!) / width)
    return sum / width
  }
  function cdf(x: number): number {
    for (let i = 0; i < centre.length; i++) z[i] = (x - centre[i]!) / width
    normalCdfs(z, Phi)
    let sum = 0
    for (let i = 0; i < centre.length; i++) sum += weight[i]! * Phi[i]!
    return sum
  }
  const [low, high] = [Math.min(...centre) - 9 * width, Math.max(...centre) + 9 * width]
  return {
    pdf,
    cdf,
    quantile(u) {
      assertProbability(u, 'swissroll')
      return root(x => cdf(x) - u, pdf, low, high)
    },
  }
}

/** The root of an increasing f with slope df on [a, b]: Newton's steps, and halving where they leave the bracket. */
function root(f: (x: number) => number, df: (x: number) => number, a: number, b: number): number {
  let x = (a + b) / 2
  for (let i = 0; i < 100; i++) {
    const value = f(x)
    if (value < 0) a = x
    else b = x
    const next = x - value / df(x)
    const inside = next > a && next < b
    const step = (inside ? next : (a + b) / 2) - x
    x += step
    if (Math.abs(step) < 1e-14) break
  }
  return x
}

export const swissroll: ConditionalDensity = {
  name: 'swissroll',
  definition: 't = 3 pi / 2 (1 + 2 U(0, 1)), y = 0.1 t cos t + 0.1 V, x = 0.1 t sin t + 0.1 W, V, W ~ N(0, 1)',
  grid: linspace(-0.9, 1.3, 20),
  sample(key, n, start = 0) {
    const t = uniform(subkey(key, 't'), new Float64Array(n), start).map(h => first + (last - first) * h)
    const y = normal(subkey(key, 'y'), new Float64Array(n), start).map(
      (v, i) => 0.1 * t[i]! * Math.cos(t[i]!) + width * v,
    )
    const x = normal(subkey(key, 'x'), new Float64Array(n), start).map(
      (w, i) => 0.1 * t[i]! * Math.sin(t[i]!) + width * w,
    )
    return { x: array(x, [n, 1]), y: array(y, [n, 1]) }
  },
  given(y) {
    assertFinite(y, 'swissroll')
    return mixture(y)
  },
}
