/** Tail probabilities of the chi-square law, and central regions of the binomial one. */

/** log Gamma(x) for x > 0. Source: C. Lanczos, SIAM J. Numer. Anal. B 1 (1964), with g = 7 and nine terms: 1e-14. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const c = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7] // prettier-ignore
  const z = x - 1
  const sum = c.reduce((s, ck, k) => (k === 0 ? ck : s + ck / (z + k)), 0)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/**
 * P(X > x) of a chi-square variable with k degrees of freedom: Q(k/2, x/2), by its series below the mean and by Lentz's
 * continued fraction above it. To about 1e-12.
 */
export function chiSquareTail(x: number, k: number): number {
  if (x <= 0) return 1
  const [a, z] = [k / 2, x / 2]
  const front = Math.exp(a * Math.log(z) - z - logGamma(a))
  return z < a + 1 ? 1 - front * series(a, z) : front * fraction(a, z)
}

/** sum_n z^n Gamma(a) / Gamma(a + 1 + n). */
function series(a: number, z: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; term > sum * 1e-16; n++) {
    term *= z / (a + n)
    sum += term
  }
  return sum
}

function fraction(a: number, z: number): number {
  let b = z + 1 - a
  let c = 1e300
  let d = 1 / b
  let h = d
  for (let n = 1; n < 100_000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    h *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return h
}

/**
 * Counts [low, high] of n trials that hold at least `level` of the binomial law, its tails at most (1 - level) / 2 each.
 */
export function binomialBand(n: number, p: number, level = 0.95): [low: number, high: number] {
  const tail = (1 - level) / 2
  const at = (k: number): number => Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p)) // prettier-ignore
  let low = 0
  for (let below = at(0); below <= tail && low < n; below += at(low)) low++
  let high = n
  for (let above = at(n); above <= tail && high > 0; above += at(high)) high--
  return [low, high]
}
