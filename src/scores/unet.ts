/**
 * A U-Net in one or two dimensions, channels first. The grid is first taken apart into patches, each of which becomes one
 * pixel with more channels, so that the work is done at 1/patch^dimensions of the pixels: on a CPU the widest layers of a
 * U-Net at full resolution cost most and learn least. Between levels, patches of two again; what a level gave on the way
 * down is added on the way up.
 *
 *   block:  h + conv(silu((1 + a) groupNorm(conv(silu(groupNorm(h)))) + b)),   (a, b) = W e
 *
 * with e the embedding of noise level and operator. The stream h is never normalised, so that the amplitude of x and what is
 * linear in it pass to F. Sources: Ronneberger et al. 2015, arXiv 1505.04597; blocks: Dhariwal, Nichol 2021, arXiv
 * 2105.05233; patches: Shi et al. 2016, arXiv 1609.05158.
 */
import * as tf from '@tensorflow/tfjs'
import { embedding, withChannels } from './embedding.js'
import { attention, residualBlock, type Block } from './blocks.js'
import type { Network } from './network.js'
import { declaration, type Layer } from './parameters.js'
import { joinPatches, splitPatches, type Extent } from './patches.js'
import { shapeOption, sizeOption, wholeOption } from './spec.js'

export interface UNetOptions {
  /** [nx] or [nx, ny]. */
  readonly shape: readonly number[]
  /** Channels of the condition, on the unknown's grid. Default 0. */
  readonly channels?: number
  /** Entries of the operator's embedding. Default 0. */
  readonly embedding?: number
  /** Pixels along each axis of a patch; divides every extent. Default: 4, 2 or 1, the largest that leaves 4 patches an axis. */
  readonly patch?: number
  /** Channels at each level, finest first; each a multiple of `groups`. Default [64, 128], or [64] where patches do not pair. */
  readonly widths?: readonly number[]
  /** Residual blocks at each level, on the way down and again on the way up. Default 2. */
  readonly blocks?: number
  /** Groups of each group normalisation. Default 8. */
  readonly groups?: number
  /** Heads of the attention at the coarsest level; 0 for none. Default 0. */
  readonly heads?: number
  /** Width of the embedding of noise level and operator. Default 128. */
  readonly embeddingWidth?: number
}

/**
 * @throws RangeError for options that are no sizes, and where patch 2^(levels - 1) does not divide every extent: any extent is
 *   taken with patch 1 and one level.
 */
export function unet(options: UNetOptions): Network {
  const o = resolved(options)
  const { shape, channels, embedding: entries, patch, widths, blocks, heads } = o
  const extent: Extent = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!]
  const tile = (size: number): Extent => [shape.length === 1 ? 1 : size, size]
  const kernel = shape.length === 1 ? ([1, 3] as const) : ([3, 3] as const)
  const inPatch = patch ** shape.length
  const declare = declaration()
  const embed = embedding(declare, entries, o.embeddingWidth)
  const at = (level: number): Extent => [extent[0] / tile(patch * 2 ** level)[0], extent[1] / (patch * 2 ** level)]
  const pixels = (level: number): number => at(level)[0] * at(level)[1]
  const blocksOf = (name: string, level: number): Block[] =>
    Array.from({ length: blocks }, (_, i) =>
      residualBlock(declare, `${name}${level}.block${i}`, {
        width: widths[level]!,
        groups: o.groups,
        entries: o.embeddingWidth,
        kernel,
        pixels: pixels(level),
      }),
    )
  const between = (name: string, from: number, to: number, level: number): Layer =>
    declare.conv(name, from, to, { kernel: [1, 1], pixels: pixels(level) })

  const stem = declare.conv('stem', (1 + channels) * inPatch, widths[0]!, { kernel, pixels: pixels(0) })
  const place = declare.offset('place', [widths[0]!, ...at(0)])
  const quarter = 2 ** shape.length
  const levels = widths.slice(0, -1).map((width, l) => ({
    before: blocksOf('down', l),
    down: between(`down${l}`, quarter * width, widths[l + 1]!, l + 1),
    up: between(`up${l}`, widths[l + 1]!, quarter * width, l + 1),
    after: blocksOf('up', l),
  }))
  const last = widths.length - 1
  const coarsest = [
    ...blocksOf('coarse', last),
    ...(heads > 0
      ? [attention(declare, 'attention', { width: widths[last]!, groups: o.groups, heads, pixels: pixels(last) })]
      : []),
  ]
  const head = declare.conv('head', widths[0]!, inPatch, { kernel, pixels: pixels(0), gain: 0 })
  const headOffset = declare.offset('head.b', [inPatch, 1, 1])

  return {
    kind: 'unet',
    spec: { kind: 'unet', ...o },
    shape,
    channels,
    embedding: entries,
    ...declare.done(),
    apply(weights, x, noise, condition) {
      const e = embed(weights, noise, condition)
      const run = (h: tf.Tensor, list: readonly Block[]): tf.Tensor =>
        list.reduce((h, block) => block(weights, h, e), h)
      const n = x.shape[0]
      const image = tf.reshape(withChannels(x, condition, channels), [n, 1 + channels, ...extent])
      let h = place(weights, stem(weights, splitPatches(image, tile(patch))))
      const skips: tf.Tensor[] = []
      for (const { before, down } of levels) {
        h = run(h, before)
        skips.push(h)
        h = down(weights, splitPatches(h, tile(2)))
      }
      h = run(h, coarsest)
      for (const { up, after } of [...levels].reverse())
        h = run(tf.add(skips.pop()!, joinPatches(up(weights, h), tile(2))), after)
      return tf.reshape(joinPatches(headOffset(weights, head(weights, h)), tile(patch)), x.shape)
    },
  }
}

type Resolved = Required<UNetOptions>

function resolved(options: UNetOptions): Resolved {
  const shape = shapeOption('unet', options.shape)
  if (shape.length > 2) throw new RangeError(`unet: 'shape' has ${shape.length} axes; wants [nx] or [nx, ny]`)
  const patch = sizeOption(
    'unet',
    'patch',
    options.patch ?? [4, 2, 1].find(p => shape.every(d => d % p === 0 && d / p >= 4)) ?? 1,
  )
  const pairs = shape.every(d => d % (2 * patch) === 0)
  const widths = options.widths ?? (pairs ? [64, 128] : [64])
  if (!Array.isArray(widths) || widths.length === 0)
    throw new RangeError(
      `unet: 'widths' is ${JSON.stringify(widths)}; wants one number of channels for each level, as in [64, 128]`,
    )
  const groups = sizeOption('unet', 'groups', options.groups ?? 8)
  const heads = wholeOption('unet', 'heads', options.heads ?? 0)
  const all = widths.map((width, level) => sizeOption('unet', `widths[${level}]`, width))
  for (const width of all)
    if (width % groups !== 0)
      throw new RangeError(`unet: a level of ${width} channels does not divide into ${groups} groups`)
  if (heads > 0 && all.at(-1)! % heads !== 0)
    throw new RangeError(`unet: the coarsest level's ${all.at(-1)!} channels do not divide into ${heads} heads`)
  const unit = patch * 2 ** (all.length - 1)
  for (const d of shape)
    if (d % unit !== 0)
      throw new RangeError(
        `unet: the extent ${d} of [${shape.join(', ')}] is no multiple of ${unit} = patch ${patch} x 2^(${all.length} levels - 1): take a smaller ` +
          `patch or fewer widths (any extent goes with patch 1 and one width), or another grid`,
      )
  return {
    shape,
    channels: wholeOption('unet', 'channels', options.channels ?? 0),
    embedding: wholeOption('unet', 'embedding', options.embedding ?? 0),
    patch,
    widths: all,
    blocks: wholeOption('unet', 'blocks', options.blocks ?? 2),
    groups,
    heads,
    embeddingWidth: sizeOption('unet', 'embeddingWidth', options.embeddingWidth ?? 128),
  }
}
