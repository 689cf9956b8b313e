/** Wood: growth rings bent by slow noise, fibres along them, and short dark pores. */
import { clamp, mix, multiply, smoothstep, turned, type Colour, type Rgb, type TextureFactory } from './texture.js'

const palettes: readonly (readonly [light: Rgb, dark: Rgb])[] = [
  [[0.76, 0.6, 0.42], [0.56, 0.39, 0.24]], // oak
  [[0.6, 0.42, 0.3], [0.4, 0.26, 0.18]], // walnut
  [[0.84, 0.74, 0.58], [0.7, 0.56, 0.4]], // pine
] // prettier-ignore

export const grain: TextureFactory = (design, picture) => {
  const [light, dark] = design.pick(palettes)
  const ring = design.uniform(9, 14)
  const sway = design.uniform(0.8, 1.6)
  const angle = design.uniform(-0.3, 0.3) + picture.uniform(-0.08, 0.08)
  const [bend, fibre, pore] = [picture.noise(), picture.noise(), picture.noise()]

  function shade(x: number, y: number, out: Colour): void {
    const bent = y / ring + sway * bend(x / 130, y / 34) + 0.25 * bend(x / 45 + 40, y / 14)
    // A ring darkens slowly and ends at once.
    const phase = bent - Math.floor(bent)
    const late = phase ** 2 * (1 - smoothstep(0.86, 1, phase))
    const width = 0.75 + 0.25 * fibre(Math.floor(bent) * 1.7, 9.1)
    const fibres = 0.65 * fibre(x / 30, y / 1.3) + 0.35 * fibre(x / 11 + 200, y / 0.8)
    mix(out, light, dark, clamp(0.15 + 1.1 * late * width + 0.22 * fibres))
    const pores = smoothstep(0.45, 0.8, pore(x / 9, y / 1.1))
    multiply(out, (1 - 0.28 * pores) * (1 + 0.06 * bend(x / 70 + 300, y / 60)))
  }

  return { angle, shade, misplace: turned(0.9) }
}
