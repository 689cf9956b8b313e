/** Pictures of a texture, sound or with one defect, each a function of (seed, split, kind, index) alone. */
import { array } from '../../../io/array.js'
import type { Picture } from '../../../io/image.js'
import { key, normal, type Key } from '../../../random.js'
import { defectNames, defects, defectsOf, type DefectName, type Placement } from './defects.js'
import type { Shape } from './shapes.js'
import { textureNames, textures, type TextureName } from './registry.js'
import { drawFrom, luma, type Texture } from './texture.js'

export interface TextureSetOptions {
  readonly texture: TextureName
  /** Pixels; at least 16. */
  readonly height: number
  readonly width: number
  /** Three channels (default) or one. */
  readonly colour?: boolean
  /** Magnification of the material; 1 unless given (threads of a weave are then about 7 pixels apart). */
  readonly scale?: number
  /** Standard deviation of the camera's noise, in units of the full range; 0.012 unless given. */
  readonly noise?: number
  /** Draws the material (colours, pitch, bond) and all its pictures. */
  readonly seed: number
}

export interface TextureSample {
  /** [height, width, channels]. */
  readonly image: Picture
  /** The picture as it would be without the defect, noise and light the same; `image` itself where there is none. */
  readonly clean: Picture
  /** [height, width]: 255 where there is a defect, 0 where `image` and `clean` are the same to the bit. */
  readonly mask: Picture
}

export interface TextureSet {
  readonly options: Required<TextureSetOptions>
  /** The kinds of defect that this texture can have. */
  readonly kinds: readonly DefectName[]
  /**
   * Picture `index` of a split and kind; the same whatever else was drawn.
   * @throws RangeError for a kind that this texture cannot have, or an index that is none
   */
  sample(split: 'train' | 'test', kind: 'good' | DefectName, index: number): TextureSample
}

/**
 * A set of pictures of one material.
 * @throws RangeError for an unknown texture, a size below 16 pixels, a scale that is not positive or noise below 0
 */
export function textureSet(given: TextureSetOptions): TextureSet {
  const options = validated(given)
  const { texture: name, seed } = options
  const root = key(seed, 'textures', name)
  const textureOf = (picture: Key): Texture => textures[name](drawFrom(key(seed, 'textures', name, 'design')), drawFrom(picture)) // prettier-ignore
  const kinds = defectsOf(textureOf(root))

  function sample(split: 'train' | 'test', kind: 'good' | DefectName, index: number): TextureSample {
    if (kind !== 'good' && !kinds.includes(kind))
      throw new RangeError(`textures: ${name} cannot have the defect '${kind}'; it can have ${kinds.join(', ')}`)
    if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`textures: picture ${index}; counted from 0`)
    const path = [seed, 'textures', name, split, kind, index] as const
    return render(options, textureOf(key(...path, 'texture')), kind, path)
  }

  return { options, kinds, sample }
}

function validated(given: TextureSetOptions): Required<TextureSetOptions> {
  const options = { colour: true, scale: 1, noise: 0.012, ...given }
  const wrong = (name: string, value: unknown, want: string): never => {
    throw new RangeError(`textures: ${name} is ${String(value)}; it must be ${want}`)
  }
  if (!textureNames.includes(options.texture)) wrong('texture', options.texture, `one of ${textureNames.join(', ')}`)
  for (const side of ['height', 'width'] as const)
    if (!Number.isSafeInteger(options[side]) || options[side] < 16) wrong(side, options[side], 'an integer from 16')
  if (!(options.scale > 0 && options.scale < Infinity)) wrong('scale', options.scale, 'a positive number')
  if (!(options.noise >= 0 && options.noise < Infinity)) wrong('noise', options.noise, 'a number from 0')
  return options
}

type Path = readonly [seed: number, ...rest: (string | number)[]]

function render(
  { height, width, colour, scale, noise }: Required<TextureSetOptions>,
  texture: Texture,
  kind: 'good' | DefectName,
  path: Path,
): TextureSample {
  const pose = drawFrom(key(...path, 'pose'))
  const material = placement(texture.angle, scale, pose.uniform(0, 2000), pose.uniform(0, 2000))
  const light = lighting(pose.uniform(0.93, 1.05), pose.uniform(-0.06, 0.06), pose.uniform(-0.06, 0.06), height, width)
  const draw = drawFrom(key(...path, 'defect'))
  const defect = kind === 'good' ? undefined : defects[kind](draw, texture, { height, width }, material)
  const channels = colour ? 3 : 1
  const grains = normal(key(...path, 'noise'), new Float32Array(height * width * channels))
  const clean = new Uint8Array(grains.length)
  const image = defect ? new Uint8Array(grains.length) : clean
  const mask = new Uint8Array(height * width)
  const [sound, changed] = [new Float64Array(3), new Float64Array(3)]
  const store = (out: Uint8Array, pixel: number, rgb: Float64Array, shine: number): void => {
    for (let c = 0, at = pixel * channels; c < channels; c++, at++) {
      const value = colour ? rgb[c]! : luma(rgb)
      out[at] = Math.max(0, Math.min(255, Math.round(255 * (value * shine + noise * grains[at]!))))
    }
  }
  for (let py = 0, pixel = 0; py < height; py++)
    for (let px = 0; px < width; px++, pixel++) {
      const [x, y] = material(px, py)
      const shine = light(px, py)
      texture.shade(x, y, sound)
      store(clean, pixel, sound, shine)
      if (!defect) continue
      const strength = withoutFringe(defect.strength(px, py))
      if (strength > 0) {
        mask[pixel] = 255
        changed.set(sound)
        defect.paint(x, y, changed)
        for (let c = 0; c < 3; c++) sound[c]! += strength * (changed[c]! - sound[c]!)
      }
      store(image, pixel, sound, shine)
    }
  const shape = [height, width, channels]
  return { image: array(image, shape), clean: array(clean, shape), mask: array(mask, [height, width]) }
}

/** The faint rim of a soft edge, which nobody would mark, is left away. */
const withoutFringe = (strength: number): number => (strength < 0.15 ? 0 : strength)

function placement(angle: number, scale: number, dx: number, dy: number): Placement {
  const [c, s] = [Math.cos(angle) / scale, Math.sin(angle) / scale]
  return (px, py) => [c * px + s * py + dx, c * py - s * px + dy]
}

/** Uneven light: a level, and a slope along each axis. */
function lighting(level: number, a: number, b: number, height: number, width: number): Shape {
  return (px, py) => level + a * (px / width - 0.5) + b * (py / height - 0.5)
}

export { defectNames, textureNames, type DefectName, type TextureName }
