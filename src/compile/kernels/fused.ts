/** Products and convolutions with their bias and activation: tfjs' fused kernels, taken apart again. */
import * as tf from '@tensorflow/tfjs'
import { add, reshape, sameShape } from '../ops.js'
import type { Value } from '../value.js'
import { convolution, dense2d, depthwise2d } from './convolution.js'
import { elementwiseKernels } from './elementwise.js'
import { kernel, type Kernel } from './kernel.js'
import { product } from './matrix.js'

interface Activated {
  readonly activation?: string
  readonly leakyreluAlpha?: number
}

/** The kernels that a fused activation stands for. */
const activations: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
}

function activate(x: Value, { activation = 'linear', leakyreluAlpha }: Activated, alpha?: Value): Value {
  if (activation === 'linear') return x
  const name = activations[activation]
  if (!name) throw new Error(`fused activation '${activation}': there are ${Object.keys(activations).join(', ')}`)
  return elementwiseKernels[name]!(alpha ? { x, alpha } : { x }, { alpha: leakyreluAlpha ?? 0.2 }) as Value
}

/** A value for each channel, as it broadcasts over channels-first images; anything else is as it is. */
const perChannel = (x: Value, channelsLast: boolean): Value =>
  channelsLast || x.shape.length !== 1 || x.shape[0] === 1 ? x : reshape(x, [x.shape[0]!, 1, 1])

interface FusedInputs extends tf.NamedTensorInfoMap {
  x: tf.TensorInfo
  filter: tf.TensorInfo
  bias: tf.TensorInfo
  preluActivationWeights: tf.TensorInfo
}

/** Any of these may be left out by tfjs. */
type Optional = Value | undefined

const fusedConvolution = (of: typeof dense2d): Kernel =>
  kernel<FusedInputs, tf.Conv2DAttrs & Activated>(({ x, filter, ...rest }, attributes) => {
    const c = of(x.shape, filter.shape, attributes)
    const bias = rest.bias as Optional
    const alpha = rest.preluActivationWeights as Optional
    const channels = filter.shape[3]! * c.group
    const inside = bias && sameShape(bias.shape, [channels]) ? bias : null
    const y = convolution(x, filter, c, inside)
    const biased = bias && !inside ? add(y, perChannel(bias, c.channelsLast)) : y
    return activate(biased, attributes, alpha && perChannel(alpha, c.channelsLast))
  })

export const fusedKernels: Readonly<Record<string, Kernel>> = {
  _FusedMatMul: kernel<tf._FusedMatMulInputs, tf._FusedMatMulAttrs>(({ a, b, ...rest }, attributes) => {
    const { transposeA, transposeB } = attributes
    const y = product(a, b, transposeA, transposeB, rest.bias ?? null)
    return activate(y, attributes, rest.preluActivationWeights)
  }),
  FusedConv2D: fusedConvolution(dense2d),
  FusedDepthwiseConv2D: fusedConvolution(depthwise2d),
}
