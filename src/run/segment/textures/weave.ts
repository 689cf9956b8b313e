/** Cloth: warp and weft threads over and under each other, plain or twill, with fibres and uneven threads. */
import { mix, multiply, turned, type Colour, type Rgb, type TextureFactory, type Thread } from './texture.js'

const palettes: readonly (readonly [warp: Rgb, weft: Rgb])[] = [
  [[0.62, 0.55, 0.46], [0.52, 0.46, 0.39]], // linen
  [[0.32, 0.38, 0.52], [0.55, 0.58, 0.64]], // denim
  [[0.55, 0.3, 0.26], [0.45, 0.26, 0.24]], // carpet
  [[0.47, 0.5, 0.48], [0.36, 0.4, 0.4]], // felt grey
] // prettier-ignore

export const weave: TextureFactory = (design, picture) => {
  const pitch = design.uniform(6.5, 8.5)
  const [warp, weft] = design.pick(palettes)
  const twill = design.uniform(0, 1) < 0.5
  const angle = design.uniform(-0.2, 0.2) + picture.uniform(-0.05, 0.05)
  const [wander, fibre, uneven] = [picture.noise(), picture.noise(), picture.noise()]

  /** Whether the warp lies on top at a crossing, and where the crossing is in the float over it: 0, or 0 and 1. */
  const phase = (i: number, j: number): number => (twill ? (i + j) & 3 : ((i + j) & 1) * 2)

  function shade(x0: number, y0: number, out: Colour, omit?: Thread): void {
    const x = x0 + 0.7 * wander(x0 / 45, y0 / 45)
    const y = y0 + 0.7 * wander(y0 / 45 + 100, x0 / 45)
    const [u, v] = [x / pitch, y / pitch]
    const [i, j] = [Math.floor(u), Math.floor(v)]
    const at = phase(i, j)
    const missing = omit !== undefined && (omit.axis === 0 ? i : j) === omit.index
    const onWarp = missing ? omit.axis === 1 : at < 2
    const [across, along] = onWarp ? [u - i - 0.5, v - j] : [v - j - 0.5, u - i]
    const float = missing ? 0.5 : twill ? ((at & 1) + along) / 2 : along
    const bulge = 0.7 + 0.3 * Math.sin(Math.PI * float)
    const round = Math.cos(Math.PI * across)
    const thread = onWarp ? uneven(i * 0.7, 3.3) : uneven(j * 0.7, 77.7)
    const strands = onWarp ? fibre(u * 5 + v, v * 1.2) : fibre(u * 1.2 + 50, v * 5 + u)
    mix(out, weft, warp, onWarp ? 1 : 0)
    multiply(out, (0.42 + 0.75 * Math.sqrt(round) * bulge) * (1 + 0.1 * thread + 0.1 * strands))
    if (missing) multiply(out, 0.72) // the crossing threads lie bare and deeper
  }

  return { angle, threads: { pitch, breadth: pitch + 1 }, shade, misplace: turned(0.7) }
}
