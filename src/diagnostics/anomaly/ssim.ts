/**
 * The multi-scale structural similarity of two pictures, at every pixel:
 *
 *   MS-SSIM = l_M^(beta_M) prod_(j=1..M) cs_j^(beta_j),   l = (2 mu_x mu_y + C1) / (mu_x^2 + mu_y^2 + C1),
 *   cs = (2 sigma_xy + C2) / (sigma_x^2 + sigma_y^2 + C2),   C1 = (0.01 L)^2, C2 = (0.03 L)^2,
 *
 * moments in a Gaussian window (11 x 11, sigma 1.5), scale j halved j - 1 times by means of 2 x 2, L the range of values.
 * The paper averages each scale over the picture; here each is brought back to full size, so that the product is a map. Negative
 * correlations count as 0, as a power of them has no value. Colours are compared channel by channel and averaged.
 *
 * Source: Z. Wang, E. Simoncelli, A. Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar 2003.
 */
import { array, elements } from '../../io/array.js'
import { enlarge, filterPlanes, gaussianKernel, halve, type Maps } from './filter.js'
import { pairOf, type Pictures } from './pictures.js'

/** The paper's beta, from the finest scale. */
const betas = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const

const window = { sigma: 1.5, radius: 5 }

export interface SsimOptions {
  /**
   * Number of scales, 1 to 5; the first beta's, brought to the sum 1. Unless given, as many as leave the coarsest scale no
   * smaller than the window: 5 from 161 pixels on, 3 for 64, 4 for 128.
   */
  readonly scales?: number
  /** L, the largest value less the smallest that a picture can have; 1 unless given. */
  readonly range?: number
}

/**
 * MS-SSIM at each pixel, [n, height, width], from 0 to 1; 1 where the pictures agree. With one scale, SSIM with its negative
 * values cut.
 *
 * @param x pictures [n, height, width, channels]
 * @param y of the same shape
 * @throws RangeError for other shapes, values that are not finite, or options out of range
 */
export function msSsim(x: Pictures, y: Pictures, options: SsimOptions = {}): Maps {
  const { n, height, width, channels } = pairOf('msSsim', x, y)
  const { range = 1, scales = scalesFor(Math.min(height, width)) } = options
  if (!(range > 0 && range < Infinity)) throw new RangeError(`msSsim: range is ${range}; it must be positive`)
  if (!Number.isInteger(scales) || scales < 1 || scales > betas.length) throw new RangeError(`msSsim: scales is ${scales}; it must be an integer from 1 to ${betas.length}`) // prettier-ignore
  const size = height * width
  const out = new Float32Array(n * size)
  const [a, b] = [elements(x), elements(y)]
  const planes = [new Float32Array(size), new Float32Array(size)] as const
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++) {
      for (let p = 0, at = i * size * channels + c; p < size; p++, at += channels) {
        planes[0][p] = a[at]!
        planes[1][p] = b[at]!
      }
      const logs = logSimilarity(...planes, height, width, scales, range)
      for (let p = 0; p < size; p++) out[i * size + p]! += Math.exp(logs[p]!) / channels
    }
  return array(out, [n, height, width])
}

function scalesFor(least: number): number {
  let scales = 1
  for (let side = Math.ceil(least / 2); side >= 2 * window.radius + 1 && scales < betas.length; side = Math.ceil(side / 2)) scales++ // prettier-ignore
  return scales
}

/** log MS-SSIM of one plane of each picture: a sum over scales, -Infinity where a correlation is negative. */
function logSimilarity(
  x: Float32Array,
  y: Float32Array,
  height: number,
  width: number,
  scales: number,
  range: number,
): Float64Array {
  const total = betas.slice(0, scales).reduce((sum, b) => sum + b, 0)
  const logs = new Float64Array(height * width)
  let [h, w] = [height, width]
  for (let j = 0; j < scales; j++) {
    if (j > 0) {
      ;[x, y] = [halve(x, 1, h, w), halve(y, 1, h, w)]
      ;[h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)]
    }
    const similarity = enlarge(similarityMap(x, y, h, w, range, j === scales - 1), 1, height, width, 2 ** j)
    const beta = betas[j]! / total
    for (let p = 0; p < logs.length; p++) logs[p]! += beta * Math.log(Math.max(0, similarity[p]!))
  }
  return logs
}

/** cs at one scale, or l cs. */
function similarityMap(
  x: Float32Array,
  y: Float32Array,
  h: number,
  w: number,
  range: number,
  luminance: boolean,
): Float32Array {
  const kernel = gaussianKernel(window.sigma, window.radius)
  const size = h * w
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2]
  // In float64: variances as E x^2 - (E x)^2 lose digits.
  const moments = new Float64Array(4 * size)
  for (let p = 0; p < size; p++) {
    const [a, b] = [x[p]!, y[p]!]
    moments[p] = a
    moments[size + p] = b
    moments[2 * size + p] = a * a + b * b
    moments[3 * size + p] = a * b
  }
  filterPlanes(moments, 4, h, w, kernel)
  const out = new Float32Array(size)
  for (let p = 0; p < size; p++) {
    const [a, b] = [moments[p]!, moments[size + p]!]
    const spread = moments[2 * size + p]! - (a * a + b * b)
    const cs = (2 * (moments[3 * size + p]! - a * b) + c2) / (spread + c2)
    out[p] = luminance ? (cs * (2 * a * b + c1)) / (a * a + b * b + c1) : cs
  }
  return out
}
