/** A wire mesh over a dark ground: round wires over and under each other, each with its shadow. */
import { clamp, mix, multiply, type Colour, type Rgb, type TextureFactory, type Thread } from './texture.js'

const palettes: readonly (readonly [wire: Rgb, ground: Rgb])[] = [
  [[0.72, 0.72, 0.7], [0.2, 0.2, 0.22]], // steel
  [[0.7, 0.55, 0.36], [0.16, 0.15, 0.15]], // copper
  [[0.5, 0.54, 0.5], [0.24, 0.26, 0.24]], // painted
] // prettier-ignore

export const grid: TextureFactory = (design, picture) => {
  const pitch = design.uniform(11, 15)
  const radius = pitch * design.uniform(0.17, 0.23)
  const [wire, ground] = design.pick(palettes)
  const angle = design.pick([0, Math.PI / 4, 0.35]) + picture.uniform(-0.04, 0.04)
  const [wander, dust, wear] = [picture.noise(), picture.noise(), picture.noise()]

  function shade(x0: number, y0: number, out: Colour, omit?: Thread): void {
    const u = (x0 + 0.6 * wander(x0 / 40, y0 / 40)) / pitch
    const v = (y0 + 0.6 * wander(y0 / 40 + 100, x0 / 40)) / pitch
    const [i, j] = [Math.floor(u), Math.floor(v)]
    mix(out, ground, ground, 0)
    multiply(out, 1 + 0.22 * dust(x0 / 6, y0 / 6) + 0.14 * dust(x0 / 1.7, y0 / 1.7))
    const draw = (axis: 0 | 1): void => {
      const index = axis === 0 ? i : j
      if (omit?.axis === axis && omit.index === index) return
      const signed = ((axis === 0 ? u : v) - index - 0.5) * pitch
      const shadow = clamp((radius + 1.5 - Math.abs(signed - 1.2)) / 3)
      multiply(out, 1 - 0.4 * shadow)
      const cover = clamp(radius + 0.5 - Math.abs(signed))
      if (cover === 0) return
      const height = Math.sqrt(Math.max(0, 1 - (signed / (radius + 0.5)) ** 2))
      const rise = 0.85 + 0.15 * Math.cos(Math.PI * ((axis === 0 ? v : u) + ((i + j + axis) & 1)))
      const scuffs = axis === 0 ? wear(x0 / 3, y0 / 9) : wear(x0 / 9 + 60, y0 / 3)
      const light = (0.35 + 0.65 * height - (0.15 * signed) / radius) * rise * (1 + 0.12 * scuffs)
      for (let c = 0; c < 3; c++) out[c] = out[c]! * (1 - cover) + wire[c]! * light * cover
    }
    const under = ((i + j) & 1) as 0 | 1
    draw(under)
    draw(under === 0 ? 1 : 0)
  }

  return {
    angle,
    threads: { pitch, breadth: 2 * radius + 3.5 },
    shade,
    misplace: (x, y) => [x + 0.4 * pitch, y + 0.4 * pitch],
  }
}
