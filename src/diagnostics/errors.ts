/** Relative errors, of one array or pooled over many. */
import { assertShape, elements, type NdArray } from '../io/array.js'

export interface ErrorAccumulator {
  /** Gives |found - exact| / |exact| of these alone. Throws RangeError where the shapes differ. */
  add(found: NdArray, exact: NdArray): number
  /** |found - exact| / |exact| over all that was added. */
  value(): number
}

/** sqrt(sum |found - exact|^2 / sum |exact|^2): the L2 norm of fields, the Frobenius norm of covariances. */
export function pooledError(): ErrorAccumulator {
  let [error, size] = [0, 0]
  return {
    add(found, exact) {
      assertShape(found, exact.shape, 'relativeError')
      const [a, b] = [elements(found) as Float64Array, elements(exact) as Float64Array]
      let [ownError, ownSize] = [0, 0]
      for (let i = 0; i < b.length; i++) {
        ownError += (a[i]! - b[i]!) ** 2
        ownSize += b[i]! ** 2
      }
      error += ownError
      size += ownSize
      return Math.sqrt(ownError / ownSize)
    },
    value: () => Math.sqrt(error / size),
  }
}

/** |found - exact| / |exact|, in the L2 norm over all entries. Throws RangeError where the shapes differ. */
export function relativeError(found: NdArray, exact: NdArray): number {
  return pooledError().add(found, exact)
}
