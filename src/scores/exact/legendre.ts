/** Gauss-Legendre quadrature: nodes and weights of any size, to round-off. */

export interface Rule {
  /** In (-1, 1), increasing. */
  readonly nodes: readonly number[]
  /** Sum to 2. */
  readonly weights: readonly number[]
}

/** The rule of n nodes on [-1, 1], exact for polynomials up to degree 2n - 1, by Newton's method on P_n. */
export function gaussLegendre(n: number): Rule {
  const nodes: number[] = []
  const weights: number[] = []
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 0
    for (let step = 1; Math.abs(step) > 1e-15;) {
      let [before, p] = [1, x]
      for (let k = 2; k <= n; k++) [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k]
      slope = (n * (x * p - before)) / (x * x - 1)
      step = p / slope
      x -= step
    }
    nodes.push(x)
    weights.push(2 / ((1 - x * x) * slope ** 2))
  }
  return { nodes, weights }
}
