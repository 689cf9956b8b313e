/** The standard normal distribution function. */

const DENSITY = 1 / Math.sqrt(2 * Math.PI)

/**
 * Phi(z) = P(Z < z), to about 1e-15 relative, in the lower tail too: the series z + z^3/3 + z^5/(3 5) + ... of Phi - 1/2 over
 * the density near 0, the continued fraction of the tail (Laplace) beyond.
 */
export function normalCdf(z: number): number {
  const size = Math.abs(z)
  const density = DENSITY * Math.exp((-z * z) / 2)
  if (size < 2.5) {
    let [sum, term] = [z, z]
    for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) sum += term *= (z * z) / k
    return 0.5 + density * sum
  }
  let fraction = 0
  for (let k = 60; k >= 1; k--) fraction = k / (size + fraction)
  const tail = density / (size + fraction)
  return z < 0 ? tail : 1 - tail
}
