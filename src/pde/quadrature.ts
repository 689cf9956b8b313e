/**
 * Integrals and inverses of smooth scalar functions in float64: what turns gamma(t) into sigma(t), alpha(sigma) into the
 * coefficients of a step, and sigma back into t.
 */

// Gauss-Kronrod (7, 15) on [-1, 1]: node, Kronrod weight, Gauss weight (Kronrod 1965; Piessens et al., QUADPACK, 1983).
const rule: readonly (readonly [node: number, kronrod: number, gauss: number])[] = [
  [0, 0.209482141084727828, 0.417959183673469388],
  [0.207784955007898468, 0.204432940075298892, 0],
  [0.405845151377397167, 0.19035057806478541, 0.381830050505118945],
  [0.58608723546769113, 0.169004726639267903, 0],
  [0.74153118559939444, 0.140653259715525919, 0.279705391489276668],
  [0.864864423359769073, 0.104790010322250184, 0],
  [0.949107912342758525, 0.063092092629978553, 0.129484966168869693],
  [0.991455371120812639, 0.022935322010529225, 0],
]

const MAX_DEPTH = 50
const ROUND_OFF = 4e-15
const MAX_PANELS = 10_000

type Panel = { readonly value: number; readonly error: number }

function panel(f: (x: number) => number, a: number, b: number): Panel {
  const center = (a + b) / 2
  const half = (b - a) / 2
  let kronrod = 0
  let gauss = 0
  for (const [node, wk, wg] of rule) {
    const sum = node === 0 ? f(center) : f(center - half * node) + f(center + half * node)
    kronrod += wk * sum
    gauss += wg * sum
  }
  return { value: half * kronrod, error: Math.abs(half * (kronrod - gauss)) }
}

/**
 * int_a^b f(x) dx by adaptive Gauss-Kronrod panels; never evaluates f at a or b.
 *
 * @param rtol relative error asked for; the true error is usually far smaller. Default 1e-12.
 * @returns the integral; NaN where f is NaN.
 * @throws RangeError when f is too rough: after 10,000 panels.
 */
export function integrate(f: (x: number) => number, a: number, b: number, rtol = 1e-12): number {
  let panels = 0
  const refine = (a: number, b: number, whole: Panel, tolerance: number, depth: number): number => {
    // Written so that a NaN error stops the recursion; the second bound is the panel's own round-off.
    if (!(whole.error > Math.max(tolerance, ROUND_OFF * Math.abs(whole.value))) || depth === 0) return whole.value
    if (++panels > MAX_PANELS)
      throw new RangeError(`the integral near x = ${a} does not converge: f is too rough there`)
    const c = (a + b) / 2
    return refine(a, c, panel(f, a, c), tolerance, depth - 1) + refine(c, b, panel(f, c, b), tolerance, depth - 1)
  }
  const whole = panel(f, a, b)
  return refine(a, b, whole, rtol * Math.abs(whole.value), MAX_DEPTH)
}

/**
 * The x in [lo, hi] with f(x) = y for an increasing f, to round-off, by Ridders' method (exact for exponentials; the
 * bracket at least halves at each iteration).
 *
 * @throws RangeError when y lies outside [f(lo), f(hi)].
 */
export function invert(f: (x: number) => number, y: number, lo: number, hi: number): number {
  let [a, b] = [lo, hi]
  let [fa, fb] = [f(a) - y, f(b) - y]
  if (fa === 0) return a
  if (fb === 0) return b
  if (!(fa < 0 && fb > 0)) throw new RangeError(`${y} lies outside the range [${fa + y}, ${fb + y}]`)
  while (b - a > 4e-16 * Math.abs(b)) {
    const c = a + (b - a) / 2
    const fc = f(c) - y
    if (c === a || c === b || fc === 0) return c
    const x = c - ((c - a) * fc) / Math.sqrt(fc * fc - fa * fb)
    const fx = f(x) - y
    if (fx === 0) return x
    // The tightest bracket among the four points; x lies between the middle and the sign change.
    if (fx < 0) [a, fa] = [x, fx]
    else [b, fb] = [x, fx]
    if (fc < 0 && c > a) [a, fa] = [c, fc]
    if (fc > 0 && c < b) [b, fb] = [c, fc]
  }
  return a + (b - a) / 2
}
