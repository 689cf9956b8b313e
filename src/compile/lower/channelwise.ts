/**
 * What acts on whole channels of a blocked image: factors and offsets, which are not applied before something needs the
 * image; and sums over a channel's pixels.
 */
import { add, expand, mul, neg, reduce, reshape, sameShape } from '../ops.js'
import type { Node, Shape, Value } from '../value.js'
import type { ChannelAlgebra } from './groupnorm.js'
import { reorderOutput } from './blocked.js'
import type { Affine, Layouts } from './layouts.js'

/** An image times, plus or minus numbers of its channels; null where the node is something else. */
export function byChannel({ op, domain, inputs, outputs }: Node, forms: Layouts): Affine | null {
  if (domain !== '' || !['Mul', 'Add', 'Sub'].includes(op)) return null
  const { shape } = outputs[0]!
  const [u, v] = inputs as [Value, Value]
  const isImage = (x: Value): boolean => forms.isBlocked(x) && sameShape(x.shape, shape)
  const [image, other] = isImage(u) || op === 'Sub' ? [u, v] : [v, u]
  const numbers = isImage(image) ? channelNumbers(other, shape, forms) : null
  if (!numbers) return null
  const { x, a, b } = forms.affine(image)
  if (op === 'Mul') return { x, a: a ? mul(a, numbers) : numbers, ...(b && { b: mul(b, numbers) }) }
  const offset = op === 'Add' ? numbers : neg(numbers)
  return { x, ...(a && { a }), b: b ? add(b, offset) : offset }
}

/** [n, c] from [n or 1, c or 1, 1, 1], or from fewer axes that broadcast alike; null where a pixel matters, or all are one number. */
function channelNumbers(v: Value, [n, c]: Shape, forms: Layouts): Value | null {
  if (v.shape.length < 3 || v.shape.length > 4 || v.shape.slice(-2).some(d => d !== 1)) return null
  const [batch, channels] = v.shape.length === 4 ? (v.shape as [number, number]) : [1, v.shape[0]!]
  return expand(reshape(forms.plain(v), [batch, channels]), [n!, c!])
}

/** Sums over the pixels of each channel, or over the batch; null where others are asked for. */
export function sumOfImage({ inputs, outputs }: Node, forms: Layouts, algebra: ChannelAlgebra): Value | null {
  const [x, axes] = inputs as [Value, Value]
  const { shape } = outputs[0]!
  const over = Array.from(axes.data as BigInt64Array, Number).join()
  if (over === '0') return reshape(reorderOutput(reduce('ReduceSum', forms.blocked(x), [0], true)), shape)
  if (over !== '2,3') return null
  const factors = x.node?.op === 'Mul' && x.node.domain === '' ? (x.node.inputs as [Value, Value]) : null
  const [u, v] = factors?.every(f => sameShape(f.shape, x.shape)) ? factors.map(f => forms.blocked(f)) : []
  return reshape(u && v ? algebra.sumOfProducts(u, v) : algebra.sum(forms.blocked(x)), shape)
}
