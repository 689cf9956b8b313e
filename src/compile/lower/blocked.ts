/**
 * Convolutions in the blocked layout NCHWc of ONNX Runtime's CPU kernels (channels in blocks of one vector register).
 *
 * Where weights are constant the engine does this by itself; where they are inputs (training) it does not, so the graph
 * says it: x is reordered, the weights are blocked by a transpose, and the result is put back.
 */
import { reshape, transpose } from '../ops.js'
import { emit } from '../emit.js'
import { openSession } from '../session.js'
import { tensorOf } from '../tensor.js'
import { node, placeholder, type Node, type Shape, type Value } from '../value.js'

const domain = 'com.microsoft.nchwc'

const reorderInput = (x: Value): Value => node('ReorderInput', [x], x.shape, x.dtype, { domain })

const reorderOutput = (x: Value): Value =>
  node('ReorderOutput', [x], x.shape, x.dtype, { domain, attributes: { channels: x.shape[1]! } })

/** OIHW weights as [out blocks, in blocks, kh, kw, in, out]; the shape stays that of OIHW. */
function blockedWeights(w: Value, block: number): Value {
  const [o, i, kh, kw] = w.shape as [number, number, number, number]
  const split = reshape(w, [o / block, block, i / block, block, kh, kw])
  return reshape(transpose(split, [0, 2, 4, 5, 3, 1]), w.shape)
}

/** A `Conv` node in the blocked layout, or null where it does not apply. */
export function blockedConvolution({ inputs, attributes, outputs }: Node, block: number): readonly Value[] | null {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined]
  const [o, i] = w.shape as [number, number]
  if (block < 2 || x.shape.length !== 4 || attributes.group !== 1 || o % block || i % block) return null
  const given = [reorderInput(x), blockedWeights(w, block), ...(bias ? [bias] : [])]
  const { shape, dtype } = outputs[0]!
  const kernel = { kernel_shape: w.shape.slice(2) }
  return [reorderOutput(node('Conv', given, shape, dtype, { domain, attributes: { ...attributes, ...kernel } }))]
}

let known: number | undefined

/** Channels in a block on this machine; 0 where the engine has no such layout. */
export function blockSize(): number {
  known ??= measureBlock()
  return known
}

/** Where channel 0 of the second pixel comes to lie, there the first block of channels ends. */
function measureBlock(): number {
  const shape: Shape = [1, 64, 1, 2]
  const model = emit({ y: reorderInput(placeholder('x', shape, 'float32', 'blockSize')) })
  const x = Float32Array.from({ length: 128 }, (_, k) => k)
  try {
    const session = openSession(model.bytes, { threads: 1 })
    const y = session.run({ x: tensorOf(x, shape, 'float32') }, { y: null }).y!.data as Float32Array
    session.dispose()
    return y.indexOf(1)
  } catch {
    return 0
  }
}
