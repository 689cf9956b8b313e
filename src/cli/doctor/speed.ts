/** How fast the machine computes what networks are made of: floating-point operations a second, float32. */
import * as tf from '@tensorflow/tfjs'
import { compile, type Device, type DeviceReport, type TensorFunction } from '../../compile/index.js'
import { array, type NdArray } from '../../io/array.js'
import { key, normal, type Key } from '../../random.js'
import { conv2d } from '../../scores/layers.js'

export interface Work {
  readonly name: string
  readonly size: string
  /** Of x and of the constant weights. */
  readonly shapes: { readonly x: readonly number[]; readonly W: readonly number[] }
  /** Terms in the sum that makes one output element: weights of this variance keep the size of x. */
  readonly fanIn: number
  readonly step: (x: tf.Tensor, W: tf.Tensor) => tf.Tensor
}

export interface Speed {
  readonly device: Device
  readonly work: string
  readonly size: string
  readonly threads: number
  readonly gflops: number
  /** Of one product or convolution, in the best run. */
  readonly milliseconds: number
}

/** What is measured: much less of it on a device that took long over the small product of its probe. */
export function works({ milliseconds = 0 }: DeviceReport): readonly Work[] {
  const slow = milliseconds > 20
  const n = slow ? 256 : 1024
  const batch = slow ? 1 : 16
  return [
    {
      name: 'matrix product',
      size: `${n} x ${n}`,
      shapes: { x: [n, n], W: [n, n] },
      fanIn: n,
      step: (x, W) => tf.matMul(x, W),
    },
    {
      name: '3x3 convolution',
      size: `64 -> 64 channels, 32 x 32, batch ${batch}`,
      shapes: { x: [batch, 64, 32, 32], W: [3, 3, 64, 64] },
      fanIn: 9 * 64,
      step: conv2d,
    },
  ]
}

/** Applications in one call, so that the call itself and the copying in and out do not count. */
const chain = 4
const [least, budget] = [3, 750]

/** The best of at least three runs (and of 0.75 s of them) after one to warm up. */
export async function measure(
  { name, size, shapes, fanIn, step }: Work,
  device: Device,
  threads: number,
  signal?: AbortSignal,
): Promise<Speed> {
  const f: TensorFunction = ({ x, W }) => {
    let y = x!
    for (let i = 0; i < chain; i++) y = step(y, W!)
    return { total: tf.sum(y) }
  }
  const x = normals(key(0, 'doctor', 'x'), shapes.x, 1)
  const W = normals(key(0, 'doctor', 'W'), shapes.W, 1 / Math.sqrt(fanIn))
  const compiled = await compile(f, { x: shapes.x }, { constants: { W }, device, threads })
  try {
    await compiled.run({ x })
    let best = Infinity
    const start = performance.now()
    for (let runs = 0; runs < least || performance.now() - start < budget; runs++) {
      signal?.throwIfAborted()
      const before = performance.now()
      await compiled.run({ x })
      best = Math.min(best, performance.now() - before)
    }
    const flops = chain * 2 * sizeOf(shapes.x) * fanIn // outputs have the shape of x
    return { device, work: name, size, threads, gflops: flops / best / 1e6, milliseconds: best / chain }
  } finally {
    await compiled.dispose()
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

function normals(stream: Key, shape: readonly number[], scale: number): NdArray<Float32Array> {
  return array(
    normal(stream, new Float32Array(sizeOf(shape))).map(v => v * scale),
    shape,
  )
}
