/** Gaussian noise: of one deviation, of one for each entry, or with a covariance. */
import { array, shapeText, type NdArray } from '../../io/array.js'
import { choleskyInPlace, logDeterminant, solveLower } from '../../linalg/cholesky.js'
import { matrixArray } from '../kinds/matrix.js'
import type { Noise } from '../noise.js'
import { measurements, normals, pairOf, perEntry, rowSums, sampled, type OneShape } from './model.js'

const logTwoPi = Math.log(2 * Math.PI)

/** y = clean + std e, e ~ N(0, 1) independent. `std` is one number, or one for each entry. */
export function gaussianNoise(std: number | readonly number[], one?: OneShape): Noise {
  const where = 'gaussian noise'
  return {
    kind: 'gaussian',
    sample(clean, key, start) {
      const s = perEntry(std, measurements(where, clean, one).m, `${where}: std`)
      return sampled(where, one, [normals], (value, e, _, k) => value + s(k) * e)(clean, key, start)
    },
    logLikelihood(y, clean) {
      const rows = pairOf(where, y, clean, one)
      const s = perEntry(std, rows.m, `${where}: std`)
      return rowSums(rows, (i, k) => -0.5 * ((rows.data[i]! - rows.clean[i]!) / s(k)) ** 2 - Math.log(s(k)) - 0.5 * logTwoPi) // prettier-ignore
    },
    covariance(clean) {
      const { m } = measurements(where, clean, one)
      const s = perEntry(std, m, `${where}: std`)
      return array(Float64Array.from({ length: m }, (_, k) => s(k) ** 2))
    },
  }
}

/**
 * y = clean + e, e ~ N(0, R).
 *
 * @param R covariance [m, m], m the values of a measurement in C order.
 * @throws RangeError where R is not square, not symmetric or not positive definite.
 */
export function correlatedNoise(R: NdArray | readonly (readonly number[])[], one?: OneShape): Noise {
  const where = 'gaussian noise'
  const { data, shape } = matrixArray(R, `${where}: covariance`)
  const m = shape[0]!
  if (shape[1] !== m) throw new RangeError(`${where}: covariance is ${shapeText(shape)}; wants a square matrix`)
  const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  data.forEach((value, p) => {
    const [i, j] = [Math.floor(p / m), p % m]
    if (!(Math.abs(value - data[j * m + i]!) <= 1e-12 * largest))
      throw new RangeError(`${where}: covariance has ${value} at [${i}, ${j}] but ${data[j * m + i]!} at [${j}, ${i}]; it is symmetric`) // prettier-ignore
  })
  const L = data.slice()
  choleskyInPlace(L, m, `${where}: covariance`)
  const constant = -0.5 * (logDeterminant(L, m) + m * logTwoPi)
  const assertSize = (size: number): void => {
    if (size !== m) throw new RangeError(`${where}: covariance is ${shapeText(shape)}; a measurement has ${size} values`) // prettier-ignore
  }
  return {
    kind: 'gaussian',
    sample(clean, key, start = 0) {
      const rows = measurements(where, clean, one)
      assertSize(rows.m)
      const e = normals(key, new Float64Array(rows.n * m), start * m)
      const out = rows.data.map((value, p) => {
        const [row, i] = [p - (p % m), p % m]
        let sum = value
        for (let j = 0; j <= i; j++) sum += L[i * m + j]! * e[row + j]!
        return sum
      })
      return array(out, [...clean.shape])
    },
    logLikelihood(y, clean) {
      const rows = pairOf(where, y, clean, one)
      assertSize(rows.m)
      return Float64Array.from({ length: rows.n }, (_, r) => {
        const z = Float64Array.from({ length: m }, (_, k) => rows.data[r * m + k]! - rows.clean[r * m + k]!)
        solveLower(L, m, z)
        return constant - 0.5 * z.reduce((sum, value) => sum + value * value, 0)
      })
    },
    covariance(clean) {
      assertSize(measurements(where, clean, one).m)
      return array(data.slice(), [m, m])
    },
  }
}

/**
 * y = clean (1 + std e) + floor e', e and e' ~ N(0, 1): a relative error, and an absolute one below it. Together
 * N(clean, (std clean)^2 + floor^2).
 */
export function multiplicativeNoise(std: number, floor: number, one?: OneShape): Noise {
  const where = 'multiplicative noise'
  const variance = (clean: number): number => (std * clean) ** 2 + floor ** 2
  return {
    kind: 'multiplicative',
    sample: sampled(where, one, [normals], (value, e) => value + Math.sqrt(variance(value)) * e),
    logLikelihood(y, clean) {
      const rows = pairOf(where, y, clean, one)
      return rowSums(rows, i => {
        const v = variance(rows.clean[i]!)
        if (v === 0) throw new RangeError(`${where}: the noise-free value is 0 at element ${i}, where y has no density; give a floor above 0`) // prettier-ignore
        return -0.5 * ((rows.data[i]! - rows.clean[i]!) ** 2 / v + Math.log(v) + logTwoPi)
      })
    },
    covariance: clean => array(measurements(where, clean, one).data.map(variance)),
  }
}
