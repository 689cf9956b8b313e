/** Speckled ceramic tiles in mortar, in a running or a stacked bond, no two of quite the same tone. */
import { clamp, mix, multiply, smoothstep, type Colour, type Rgb, type TextureFactory } from './texture.js'

const palettes: readonly (readonly [tile: Rgb, speckle: Rgb, mortar: Rgb])[] = [
  [[0.66, 0.64, 0.6], [0.4, 0.39, 0.38], [0.42, 0.41, 0.4]], // terrazzo
  [[0.6, 0.37, 0.28], [0.42, 0.25, 0.2], [0.66, 0.62, 0.56]], // brick
  [[0.42, 0.52, 0.56], [0.6, 0.66, 0.68], [0.74, 0.73, 0.7]], // glazed
] // prettier-ignore

export const tiles: TextureFactory = (design, picture) => {
  const [tile, speckle, mortar] = design.pick(palettes)
  const height = design.uniform(17, 24)
  const width = height * design.pick([1, 1.6])
  const stagger = design.pick([0, 0.5])
  const gap = design.uniform(1.1, 1.6)
  const angle = picture.uniform(-0.05, 0.05)
  const [tone, grains, sand] = [picture.noise(), picture.noise(), picture.noise()]

  function shade(x: number, y: number, out: Colour): void {
    const v = y / height
    const row = Math.floor(v)
    const u = x / width + stagger * (row & 1)
    const column = Math.floor(u)
    const ragged = 0.5 * grains(x / 4, y / 4)
    const edge =
      Math.min(Math.min(u - column, column + 1 - u) * width, Math.min(v - row, row + 1 - v) * height) + ragged
    const chips =
      smoothstep(0.25, 0.55, grains(x / 3.2 + 20, y / 3.2)) + 0.6 * smoothstep(0.35, 0.6, sand(x / 1.8, y / 1.8))
    mix(out, tile, speckle, clamp(0.75 * chips))
    const raised = smoothstep(gap, gap + 2.2, edge) // the rim is rounded and darker
    multiply(
      out,
      (0.84 + 0.16 * raised) * (1 + 0.1 * tone(column * 1.37 + 0.3, row * 1.91) + 0.04 * tone(x / 9, y / 9)),
    )
    const cover = smoothstep(gap - 0.6, gap + 0.6, edge)
    const grit = 0.9 + 0.14 * sand(x / 1.5 + 70, y / 1.5)
    for (let c = 0; c < 3; c++) out[c] = out[c]! * cover + mortar[c]! * grit * (1 - cover)
  }

  return { angle, shade, misplace: (x, y) => [x + width / 2, y + height / 2] }
}
