/**
 * What a texture is: the colour of a material at every point, with all that is random drawn beforehand, so that the same
 * material can be shown displaced or without one of its threads. Lengths are pixels at scale 1.
 */
import { createNoise2D, type NoiseFunction2D } from 'simplex-noise'
import { uniform, type Key } from '../../../random.js'

/** Red, green and blue in [0, 1]; written in place. */
export type Colour = Float64Array
export type Rgb = readonly [red: number, green: number, blue: number]

/** A thread of a weave or a wire of a grid: `axis` 0 runs along y and is counted along x, 1 the other way. */
export interface Thread {
  readonly axis: 0 | 1
  readonly index: number
}

export interface Texture {
  /** Turn of the material against the picture, in radians. */
  readonly angle: number
  /** The colour at a point of the material, without one thread where asked. */
  shade(x: number, y: number, out: Colour, omit?: Thread): void
  /** Distance between threads, where the material has them, and how broad each is; thread k lies about (k + 1/2) pitch. */
  readonly threads?: { readonly pitch: number; readonly breadth: number }
  /** Where a misprint takes its colour from: turned, or half a period away, so that it shows. */
  misplace(x: number, y: number): readonly [x: number, y: number]
}

/** Random numbers drawn one after the other from a key: the same key gives the same drawing. */
export interface Draw {
  uniform(low: number, high: number): number
  pick<T>(of: readonly T[]): T
  sign(): number
  /** Simplex noise of the plane, in [-1, 1], features about 1 apart. */
  noise(): NoiseFunction2D
}

/** A texture from what all pictures of a set share (`design`) and what is each picture's own (`picture`). */
export type TextureFactory = (design: Draw, picture: Draw) => Texture

export function drawFrom(key: Key): Draw {
  const buffer = new Float64Array(256)
  let next = 0
  const number = (): number => {
    if (next % buffer.length === 0) uniform(key, buffer, next)
    return buffer[next++ % buffer.length]!
  }
  return {
    uniform: (low, high) => low + (high - low) * number(),
    pick: of => of[Math.floor(number() * of.length)]!,
    sign: () => (number() < 0.5 ? -1 : 1),
    noise: () => createNoise2D(number),
  }
}

export const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value)

/** 0 below `low`, 1 above `high`, a cubic without corners between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low))
  return t * t * (3 - 2 * t)
}

/** out = (1 - t) a + t b. */
export function mix(out: Colour, a: Rgb, b: Rgb, t: number): void {
  for (let c = 0; c < 3; c++) out[c] = a[c]! + (b[c]! - a[c]!) * t
}

export function multiply(out: Colour, factor: number): void {
  for (let c = 0; c < 3; c++) out[c]! *= factor
}

/** The material turned under the picture. */
export function turned(angle: number): Texture['misplace'] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  return (x, y) => [c * x - s * y, s * x + c * y]
}

/** Rec. 709 luma of a colour. */
export const luma = (rgb: ArrayLike<number>): number => 0.2126 * rgb[0]! + 0.7152 * rgb[1]! + 0.0722 * rgb[2]!
