/** The standard normal quantile in + - * / and sqrt, which IEEE 754 fixes: the same bits on every platform. */

/**
 * The standard normal quantile z(p), p in (0, 1), to about 1e-15 relative: P(Z < z) = p. Algorithm AS 241, PPND16
 * (Wichura 1988, Applied Statistics 37:477). NaN outside.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return NaN
  return p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p)
}

/** z with P(Z > z) = p, p in (0, 1/2]. The parts are functions small enough to be inlined. */
export function upperQuantile(p: number): number {
  return p >= 0.075 ? centralQuantile(0.5 - p) : tailQuantile(p)
}

function centralQuantile(q: number): number {
  const r = 0.180625 - q * q
  // prettier-ignore
  return (q * (((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r +
    45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r + 133.14166789178437745) * r +
    3.387132872796366608)) / (((((((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r +
    21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1)
}

function tailQuantile(p: number): number {
  const s = Math.sqrt(-logarithm(p))
  if (s <= 5) {
    const r = s - 1.6
    // prettier-ignore
    return (((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
      1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r +
      1.42343711074968357734) / (((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r +
      0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r +
      2.05319162663775882187) * r + 1)
  }
  const r = s - 5
  // prettier-ignore
  return (((((((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
    0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r +
    6.6579046435011037772) / (((((((r * 2.04426310338993978564e-15 + 1.4215117583164458887e-7) * r +
    1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r +
    0.13692988092273580531) * r + 0.59983220655588793769) * r + 1)
}

/**
 * log p for p in (0, 1), to about 1e-15: p = m 2^-k with m near 1, and log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with
 * s = (m - 1) / (m + 1), |s| < 0.172.
 */
function logarithm(p: number): number {
  let k = 0
  for (; p < 2 ** -32; k += 32) p *= 2 ** 32
  const zeros = Math.clz32(p * 2 ** 32)
  let m = p * 2 ** zeros
  k += zeros
  if (m < Math.SQRT1_2) {
    m *= 2
    k++
  }
  const s = (m - 1) / (m + 1)
  const t = s * s
  // prettier-ignore
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (1 / 13 + t * (1 / 15 +
    t * (1 / 17 + t * (1 / 19 + t / 21)))))))))
  return 2 * s * series - k * Math.LN2
}
