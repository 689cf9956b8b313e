/** Defects by name: where each lies, and what it does to the colour there. */
import { patchShape, scratchShape, spotShape, stainShape, type Frame, type Shape } from './shapes.js'
import { clamp, luma, multiply, type Colour, type Draw, type Rgb, type Texture, type Thread } from './texture.js'

/** A point of the material under a pixel. */
export type Placement = (px: number, py: number) => readonly [x: number, y: number]

export interface Defect {
  readonly strength: Shape
  /** The colour of the defect at full strength, from that of the sound material in `out`. */
  paint(x: number, y: number, out: Colour): void
}

export type DefectFactory = (draw: Draw, texture: Texture, frame: Frame, material: Placement) => Defect

/** Mean luma over 8 x 8 points of the picture. */
function tone(texture: Texture, { height, width }: Frame, material: Placement): number {
  const rgb = new Float64Array(3)
  let sum = 0
  for (let k = 0; k < 64; k++) {
    texture.shade(...material((((k & 7) + 0.5) * width) / 8, (((k >> 3) + 0.5) * height) / 8), rgb)
    sum += luma(rgb) / 64
  }
  return sum
}

const scratch: DefectFactory = (draw, _, frame) => {
  const shift = draw.uniform(0.14, 0.34) * draw.sign()
  return {
    strength: scratchShape(draw, frame),
    paint: (_x, _y, out) => out.forEach((v, c) => (out[c] = clamp(v + shift))),
  }
}

const spots: readonly Rgb[] = [[0.1, 0.09, 0.08], [0.24, 0.16, 0.1], [0.85, 0.84, 0.8], [0.2, 0.22, 0.28]] // prettier-ignore

/** Dirt or paint of a tone that differs from the material's. */
const spot: DefectFactory = (draw, texture, frame, material) => {
  const ground = tone(texture, frame, material)
  const tint = draw.pick(spots.filter(rgb => Math.abs(luma(rgb) - ground) > 0.26))
  const cover = draw.uniform(0.5, 0.8)
  return {
    strength: spotShape(draw, frame),
    paint: (_x, _y, out) => out.forEach((v, c) => (out[c] = v + cover * (tint[c]! - v))),
  }
}

const dyes: readonly Rgb[] = [[0.78, 0.66, 0.5], [0.6, 0.62, 0.7], [0.68, 0.68, 0.66], [1.3, 1.28, 1.22]] // prettier-ignore
const bleach: Rgb = [1.7, 1.65, 1.55]

/** A filter over the material; dark ones are bleached, as a dark filter would not show. */
const stain: DefectFactory = (draw, texture, frame, material) => {
  const dye = tone(texture, frame, material) < 0.36 ? bleach : draw.pick(dyes)
  const depth = draw.uniform(0.6, 1)
  return {
    strength: stainShape(draw, frame),
    paint: (_x, _y, out) => out.forEach((v, c) => (out[c] = clamp(v * (1 + depth * (dye[c]! - 1))))),
  }
}

const misprint: DefectFactory = (draw, texture, frame) => {
  const fade = draw.uniform(0.9, 1.1)
  return {
    strength: patchShape(draw, frame),
    paint(x, y, out) {
      texture.shade(...texture.misplace(x, y), out)
      multiply(out, fade)
    },
  }
}

/** A stretch of one thread is gone, and shows what lies below. */
const missingThread: DefectFactory = (draw, texture, frame, material) => {
  const { threads } = texture
  if (!threads) throw new Error('missing-thread: the texture has no threads')
  const { pitch, breadth } = threads
  const axis = draw.pick([0, 1] as const)
  const [x, y] = material(frame.width * draw.uniform(0.25, 0.75), frame.height * draw.uniform(0.25, 0.75))
  const thread: Thread = { axis, index: Math.floor((axis === 0 ? x : y) / pitch) }
  const half = Math.max(1.5 * pitch, Math.min(frame.height, frame.width) * draw.uniform(0.15, 0.4))
  const middle = axis === 0 ? y : x
  return {
    strength(px, py) {
      const [mx, my] = material(px, py)
      const [across, along] = axis === 0 ? [mx, my] : [my, mx]
      const inside = (breadth + 1) / 2 - Math.abs(across - (thread.index + 0.5) * pitch)
      return Math.min(clamp(inside), clamp(half - Math.abs(along - middle)))
    },
    paint: (mx, my, out) => texture.shade(mx, my, out, thread),
  }
}

export const defects = { scratch, spot, 'missing-thread': missingThread, stain, misprint } satisfies Record<string, DefectFactory> // prettier-ignore
export type DefectName = keyof typeof defects
export const defectNames = Object.keys(defects) as DefectName[]

/** The defects that a texture can have. */
export const defectsOf = (texture: Texture): DefectName[] =>
  defectNames.filter(name => name !== 'missing-thread' || texture.threads !== undefined)
