/** Brushed metal: streaks of every length along one direction, under a soft band of reflected light. */
import { mix, multiply, turned, type Colour, type Rgb, type TextureFactory } from './texture.js'

const palettes: readonly (readonly [light: Rgb, dark: Rgb])[] = [
  [[0.76, 0.77, 0.79], [0.5, 0.51, 0.53]], // steel
  [[0.8, 0.72, 0.56], [0.58, 0.48, 0.32]], // brass
  [[0.66, 0.68, 0.72], [0.42, 0.44, 0.48]], // titanium
] // prettier-ignore

export const metal: TextureFactory = (design, picture) => {
  const [light, dark] = design.pick(palettes)
  const angle = design.uniform(-Math.PI, Math.PI) + picture.uniform(-0.03, 0.03)
  const gloss = design.uniform(0.06, 0.12)
  const band = picture.uniform(0, 2 * Math.PI)
  const [long, short, broad] = [picture.noise(), picture.noise(), picture.noise()]

  function shade(x: number, y: number, out: Colour): void {
    const streaks =
      0.4 * long(x / 160, y / 2.6) +
      0.35 * long(x / 60 + 90, y / 1.2) +
      0.25 * short(x / 22, y / 0.8) +
      0.15 * short(x / 7, y / 0.7)
    mix(out, dark, light, 0.5 + 0.5 * streaks)
    multiply(out, 1 + gloss * Math.sin(x / 55 + band) + 0.04 * broad(x / 50, y / 40))
  }

  return { angle, shade, misplace: turned(0.64) }
}
