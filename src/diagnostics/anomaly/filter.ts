/**
 * Separable filters over planes [n, h, w] with half-sample reflection at the border (d c b a | a b c d | d c b a).
 *
 * For a symmetric kernel k of sum 1 the matrix of a filter is then symmetric with rows of sum 1, so the mean of a plane is kept
 * exactly, and its eigenvectors are the cosines cos(pi m (i + 1/2) / w) with eigenvalues sum_j k_j cos(pi m j / w).
 */
import { array, assertShape, elements, type NdArray } from '../../io/array.js'

/** Planes of numbers, one for each picture: [n, height, width]. */
export type Maps = NdArray<Float32Array>

/** Weights k_0, ..., k_r of a symmetric kernel: k_j = k_-j, k_0 + 2 (k_1 + ... + k_r) = 1. */
export type Kernel = Float64Array

/**
 * A Gaussian of standard deviation `sigma` pixels, cut after `radius` of them.
 * @throws RangeError for a sigma that is not positive, or a radius that is no integer from 0
 */
export function gaussianKernel(sigma: number, radius = Math.ceil(4 * sigma)): Kernel {
  if (!(sigma > 0 && sigma < Infinity)) throw new RangeError(`gaussianKernel: sigma is ${sigma}; it must be positive`)
  if (!Number.isSafeInteger(radius) || radius < 0) throw new RangeError(`gaussianKernel: radius is ${radius}; it must be an integer from 0`) // prettier-ignore
  const weights = Float64Array.from({ length: radius + 1 }, (_, j) => Math.exp(-0.5 * (j / sigma) ** 2))
  const total = weights.reduce((sum, k) => sum + 2 * k, -weights[0]!)
  return weights.map(k => k / total)
}

/**
 * Maps smoothed by a Gaussian of `sigma` pixels (anomalib takes 4, for pictures of 256); 0 leaves them as they are.
 * @throws RangeError for maps that are not [n, height, width], or a sigma below 0
 */
export function smooth(maps: Maps, sigma: number): Maps {
  assertShape(maps, [null, null, null], 'smooth')
  const [n = 0, height = 0, width = 0] = maps.shape
  const out = elements(maps).slice()
  if (sigma !== 0) filterPlanes(out, n, height, width, gaussianKernel(sigma))
  return array(out, [n, height, width])
}

type Floats = Float32Array | Float64Array

/** Filters n planes in place along both axes. */
export function filterPlanes(data: Floats, n: number, height: number, width: number, kernel: Kernel): void {
  const scratch = new Float64Array(height * width)
  for (let i = 0; i < n; i++) {
    const plane = data.subarray(i * height * width, (i + 1) * height * width)
    filterRows(plane, scratch, height, width, kernel)
    filterColumns(scratch, plane, height, width, kernel)
  }
}

/** The place inside [0, n) that a place outside of it reflects to. */
function reflect(i: number, n: number): number {
  const m = ((i % (2 * n)) + 2 * n) % (2 * n)
  return m < n ? m : 2 * n - 1 - m
}

function filterRows(from: Floats, to: Floats, height: number, width: number, kernel: Kernel): void {
  const radius = kernel.length - 1
  const row = new Float64Array(width + 2 * radius)
  const border = Int32Array.from({ length: 2 * radius }, (_, j) => reflect(j < radius ? j - radius : width + j - radius, width)) // prettier-ignore
  for (let y = 0; y < height; y++) {
    const start = y * width
    for (let x = 0; x < width; x++) row[radius + x] = from[start + x]!
    for (let j = 0; j < radius; j++) {
      row[j] = from[start + border[j]!]!
      row[width + radius + j] = from[start + border[radius + j]!]!
    }
    for (let x = 0; x < width; x++) {
      let sum = kernel[0]! * row[x + radius]!
      for (let j = 1; j <= radius; j++) sum += kernel[j]! * (row[x + radius - j]! + row[x + radius + j]!)
      to[start + x] = sum
    }
  }
}

/** Row by row, so that memory is read in order: the output row is a weighted sum of whole rows. */
function filterColumns(from: Floats, to: Floats, height: number, width: number, kernel: Kernel): void {
  const sum = new Float64Array(width)
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++) sum[x] = kernel[0]! * from[at + x]!
    for (let j = 1; j < kernel.length; j++) {
      const [a, b, k] = [reflect(y - j, height) * width, reflect(y + j, height) * width, kernel[j]!]
      for (let x = 0; x < width; x++) sum[x]! += k * (from[a + x]! + from[b + x]!)
    }
    to.set(sum, y * width)
  }
}

/** Halves planes by means of 2 x 2; a last odd row or column counts twice. */
export function halve(data: Float32Array, n: number, height: number, width: number): Float32Array {
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)]
  const out = new Float32Array(n * h * w)
  for (let i = 0, at = 0; i < n; i++)
    for (let y = 0; y < h; y++) {
      const top = (i * height + 2 * y) * width
      const bottom = 2 * y + 1 < height ? top + width : top
      for (let x = 0; x < w; x++, at++) {
        const [a, b] = [2 * x, Math.min(2 * x + 1, width - 1)]
        out[at] = (data[top + a]! + data[top + b]! + data[bottom + a]! + data[bottom + b]!) / 4
      }
    }
  return out
}

/** Planes of factor^-1 the size brought back to [height, width], linear between the centres of their pixels. */
export function enlarge(data: Float32Array, n: number, height: number, width: number, factor: number): Float32Array {
  if (factor === 1) return data
  let [h, w] = [height, width]
  for (let f = factor; f > 1; f /= 2) [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)]
  const axis = (size: number, small: number): { low: Int32Array; share: Float64Array } => {
    const place = Float64Array.from({ length: size }, (_, i) =>
      Math.min(small - 1, Math.max(0, (i + 0.5) / factor - 0.5)),
    )
    const low = Int32Array.from(place, p => Math.min(Math.floor(p), Math.max(0, small - 2)))
    return { low, share: place.map((p, i) => p - low[i]!) }
  }
  const [rows, columns] = [axis(height, h), axis(width, w)]
  const out = new Float32Array(n * height * width)
  for (let i = 0, at = 0; i < n; i++)
    for (let y = 0; y < height; y++) {
      const top = (i * h + rows.low[y]!) * w
      const bottom = h > 1 ? top + w : top
      const v = rows.share[y]!
      for (let x = 0; x < width; x++, at++) {
        const a = columns.low[x]!
        const b = w > 1 ? a + 1 : a
        const u = columns.share[x]!
        out[at] =
          (1 - v) * ((1 - u) * data[top + a]! + u * data[top + b]!) +
          v * ((1 - u) * data[bottom + a]! + u * data[bottom + b]!)
      }
    }
  return out
}
