/**
 * Fractal simplex noise, the forward noise of AnoDDPM: n(x) = sum_k p^k simplex(x / (f 2^-k) + o_k), k = 0, ..., octaves - 1,
 * divided by its standard deviation, so that it takes the place of white noise of unit variance.
 *
 * The noise of an octave is a sum over the vertices of a triangular lattice of 70 (1/2 - r^2)_+^4 g . d, d the vector from the
 * vertex, r its length, g a random gradient. Offsets o_k uniform over a period make the field stationary (without them every
 * octave vanishes at the origin), with mean 0 and, at density sqrt(3) of the vertices and E g_x^2 = E g_y^2 = 172/256,
 *
 *   Var simplex = 70^2 (172/256) sqrt(3) pi int_0^(1/2) (1/2 - u)^8 u du = 70^2 (172/256) sqrt(3) pi 2^-10 / 90 = 0.1944.
 *
 * It is the population that has unit variance; one field of a few wavelengths has its own mean and variance.
 * The authors cut planes out of noise in three dimensions; this is noise in two, which costs half.
 *
 * Sources: K. Perlin 2001; J. Wyatt, A. Leach, S. Schmon, C. Willcocks, "AnoDDPM", CVPR Workshops 2022.
 */
import { createNoise2D } from 'simplex-noise'
import { array, type NdArray } from '../io/array.js'
import { derive, uniform, type Key } from '../random.js'

export interface SimplexNoiseOptions {
  /** Default 6. */
  readonly octaves?: number
  /** Amplitude of an octave over that of the one before; default 0.8. */
  readonly persistence?: number
  /** Wavelength of the first octave in pixels (the authors' `frequency`), halved by each next; default 64. */
  readonly frequency?: number
}

/** Gradients repeat with this period along both lattice axes. */
const PERIOD = 256

/** Variance of one octave; 172/256: the twelve gradients are drawn by remainders of 0, ..., 255, so the diagonal ones come oftener. */
const VARIANCE = (70 ** 2 * (172 / 256) * Math.sqrt(3) * Math.PI) / (2 ** 10 * 90)

/**
 * Fields start, ..., start + n - 1 of a key, [n, height, width, channels]; field i depends on (key, i) alone, and channels are
 * independent.
 *
 * @throws RangeError for a shape, octaves, persistence or frequency that is not positive
 */
export function simplexNoise(
  key: Key,
  [n, height, width, channels]: readonly [n: number, height: number, width: number, channels: number],
  { octaves = 6, persistence = 0.8, frequency = 64 }: SimplexNoiseOptions = {},
  start = 0,
): NdArray<Float32Array> {
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isSafeInteger(value) || value < least)
      throw new RangeError(`simplexNoise: ${name} is ${value}; it must be an integer from ${least}`)
  }
  Object.entries({ n, start }).forEach(([name, value]) => whole(name, value, 0))
  Object.entries({ height, width, channels, octaves }).forEach(([name, value]) => whole(name, value, 1))
  Object.entries({ persistence, frequency }).forEach(([name, value]) => {
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`simplexNoise: ${name} is ${value}; it must be a positive number`)
  })
  const amplitudes = Array.from({ length: octaves }, (_, k) => persistence ** k)
  const unit = 1 / Math.sqrt(VARIANCE * amplitudes.reduce((sum, a) => sum + a * a, 0))
  const out = new Float32Array(n * height * width * channels)
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++) {
      const plane = planeNoise(derive(key, start + i, c), octaves)
      const from = i * height * width * channels + c
      amplitudes.forEach((amplitude, k) => {
        const step = 2 ** k / frequency
        for (let y = 0, at = from; y < height; y++)
          for (let x = 0; x < width; x++, at += channels) out[at]! += amplitude * unit * plane(k, x * step, y * step)
      })
    }
  return array(out, [n, height, width, channels])
}

/** Simplex noise with an offset for each octave, from one key. */
function planeNoise(key: Key, octaves: number): (octave: number, x: number, y: number) => number {
  // The library draws 255 numbers for its permutation of 256.
  const draws = uniform(key, new Float64Array(PERIOD + 2 * octaves))
  let next = 2 * octaves
  const noise = createNoise2D(() => draws[next++]!)
  // The lattice is skewed: a period along one of its axes is (1 - G, -G) times 256, so whole periods cover a parallelogram.
  const G = (3 - Math.sqrt(3)) / 6
  const offsets = Float64Array.from({ length: 2 * octaves }, (_, m) => {
    const [i, j] = [draws[m - (m % 2)]! * PERIOD, draws[m - (m % 2) + 1]! * PERIOD]
    return (m % 2 === 0 ? i : j) - (i + j) * G
  })
  return (k, x, y) => noise(x + offsets[2 * k]!, y + offsets[2 * k + 1]!)
}
