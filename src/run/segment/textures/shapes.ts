/**
 * Where a defect lies: its strength in [0, 1] at a pixel, 0 outside a compact support, so that the mask of a defect is
 * exactly where it changed the picture.
 */
import type { Draw } from './texture.js'
import { clamp, smoothstep } from './texture.js'

export type Shape = (x: number, y: number) => number

/** The size of a picture, in pixels. */
export interface Frame {
  readonly height: number
  readonly width: number
}

const least = ({ height, width }: Frame): number => Math.min(height, width)

/** A point of the picture, at least a share of its size away from the border. */
function place(draw: Draw, { height, width }: Frame, margin: number): [x: number, y: number] {
  return [width * draw.uniform(margin, 1 - margin), height * draw.uniform(margin, 1 - margin)]
}

/** A round patch with a wavy outline; the edge falls from 1 to 0 over `soft` pixels inside of it. */
function blob(draw: Draw, [cx, cy]: [number, number], radius: number, soft: number, ragged: number): Shape {
  const outline = draw.noise()
  const [stretch, turn] = [draw.uniform(0.75, 1.33), draw.uniform(0, Math.PI)]
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  return (x, y) => {
    const [dx, dy] = [(c * (x - cx) + s * (y - cy)) * stretch, (c * (y - cy) - s * (x - cx)) / stretch]
    const r = Math.hypot(dx, dy)
    if (r > 2 * radius) return 0
    const limit = radius * (1 + ragged * outline((1.2 * dx) / (r + 1e-9), (1.2 * dy) / (r + 1e-9)))
    return smoothstep(0, soft, limit - r)
  }
}

export function spotShape(draw: Draw, frame: Frame): Shape {
  const radius = Math.max(2.2, least(frame) * draw.uniform(0.028, 0.06))
  return blob(draw, place(draw, frame, 0.12), radius, 1.4, 0.25)
}

export function stainShape(draw: Draw, frame: Frame): Shape {
  const radius = Math.max(3.5, least(frame) * draw.uniform(0.11, 0.2))
  return blob(draw, place(draw, frame, 0.2), radius, Math.max(1.5, 0.25 * radius), 0.35)
}

/** A turned rectangle. */
export function patchShape(draw: Draw, frame: Frame): Shape {
  const [cx, cy] = place(draw, frame, 0.2)
  const half = (): number => Math.max(4, least(frame) * draw.uniform(0.09, 0.18))
  const [a, b, turn] = [half(), half(), draw.uniform(-0.3, 0.3)]
  const [c, s] = [Math.cos(turn), Math.sin(turn)]
  return (x, y) => {
    const inside = Math.min(a - Math.abs(c * (x - cx) + s * (y - cy)), b - Math.abs(c * (y - cy) - s * (x - cx)))
    return clamp(inside + 0.5)
  }
}

/** A bent line, thinner towards its ends. */
export function scratchShape(draw: Draw, frame: Frame): Shape {
  const length = least(frame) * draw.uniform(0.25, 0.65)
  const half = Math.max(0.85, least(frame) * draw.uniform(0.005, 0.009))
  const bend = draw.uniform(-1.2, 1.2)
  let turn = draw.uniform(0, 2 * Math.PI)
  const parts = 16
  const [cx, cy] = place(draw, frame, 0.25)
  // From its middle outwards, so that it stays in the picture for the most part.
  let [x, y] = [cx - (Math.cos(turn + bend / 2) * length) / 2, cy - (Math.sin(turn + bend / 2) * length) / 2]
  const points = [[x, y] as const]
  for (let k = 0; k < parts; k++) {
    x += (Math.cos(turn) * length) / parts
    y += (Math.sin(turn) * length) / parts
    turn += bend / parts + draw.uniform(-0.08, 0.08)
    points.push([x, y])
  }
  const box = [0, 1].map(axis => [
    Math.min(...points.map(p => p[axis]!)) - half - 1,
    Math.max(...points.map(p => p[axis]!)) + half + 1,
  ])
  return (px, py) => {
    if (px < box[0]![0]! || px > box[0]![1]! || py < box[1]![0]! || py > box[1]![1]!) return 0
    let [nearest, at] = [Infinity, 0]
    for (let k = 0; k < parts; k++) {
      const [[ax, ay], [bx, by]] = [points[k]!, points[k + 1]!]
      const [dx, dy] = [bx - ax, by - ay]
      const t = clamp(((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy))
      const distance = Math.hypot(px - ax - t * dx, py - ay - t * dy)
      if (distance < nearest) [nearest, at] = [distance, (k + t) / parts]
    }
    const taper = 0.55 + 0.45 * Math.sin(Math.PI * at)
    return clamp(half * taper + 0.5 - nearest)
  }
}
