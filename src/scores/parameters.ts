/**
 * Parameters, declared while a network is put together: each layer states its shapes and first values and is then a pure
 * function of the weights. Multiplications and additions are counted on the way.
 *
 * A weight begins as N(0, gain^2/fan_in), a layer that ends a residual branch or the network at 0, so that a block begins
 * as the identity; Karras et al. 2022, arXiv 2206.00364, appendix F.
 */
import * as tf from '@tensorflow/tfjs'
import { array, type NdArray } from '../io/array.js'
import { derive, normal, type Key } from '../random.js'
import { conv2d, dense, groupNorm, layerNorm } from './layers.js'
import type { Network, Weights } from './network.js'

/** A function of the weights. */
export type Layer = (weights: Weights, x: tf.Tensor) => tf.Tensor

interface Declared {
  readonly shape: readonly number[]
  /** First values: normal with this deviation, or all the same. */
  readonly first: { readonly deviation: number } | { readonly value: number }
}

interface DenseOptions {
  /** Factor of the first values; 0 ends a residual branch. Default 1. */
  readonly gain?: number
}

interface ConvOptions extends DenseOptions {
  /** [kh, kw]. */
  readonly kernel: readonly [number, number]
  /** Number of pixels that it gives. */
  readonly pixels: number
}

export interface Declaration {
  /** x W + b; x [n, inputs]. */
  dense(name: string, inputs: number, outputs: number, options?: DenseOptions): Layer
  /** A convolution without bias; x [n, inputs, h, w]. */
  conv(name: string, inputs: number, outputs: number, options: ConvOptions): Layer
  groupNorm(name: string, channels: number, groups: number): Layer
  layerNorm(name: string, width: number): Layer
  /** x + table, broadcast over samples; begins as 0. */
  offset(name: string, shape: readonly number[]): Layer
  /** Counts multiplications and additions that belong to no parameter. */
  operations(count: number): void
  /** What a network says of its parameters. */
  done(): Pick<Network, 'parameters' | 'init' | 'flops'>
}

export function declaration(): Declaration {
  const declared = new Map<string, Declared>()
  let flops = 0
  const declare = (
    name: string,
    shape: readonly number[],
    first: Declared['first'],
  ): ((weights: Weights) => tf.Tensor) => {
    if (declared.has(name)) throw new Error(`two parameters are called '${name}'`)
    declared.set(name, { shape, first })
    return weights => weightOf(weights, name)
  }
  const vector = (name: string, length: number, value: number): ((weights: Weights) => tf.Tensor) =>
    declare(name, [length], { value })
  const affine = (
    name: string,
    channels: number,
  ): [(weights: Weights) => tf.Tensor, (weights: Weights) => tf.Tensor] => [
    vector(`${name}.gamma`, channels, 1),
    vector(`${name}.beta`, channels, 0),
  ]
  return {
    dense(name, inputs, outputs, { gain = 1 } = {}) {
      flops += 2 * inputs * outputs
      const W = declare(`${name}.W`, [inputs, outputs], { deviation: gain / Math.sqrt(inputs) })
      const b = vector(`${name}.b`, outputs, 0)
      return (weights, x) => dense(x, W(weights), b(weights))
    },
    conv(name, inputs, outputs, { kernel, pixels, gain = 1 }) {
      const fanIn = kernel[0] * kernel[1] * inputs
      flops += 2 * fanIn * outputs * pixels
      const W = declare(`${name}.W`, [...kernel, inputs, outputs], { deviation: gain / Math.sqrt(fanIn) })
      return (weights, x) => conv2d(x, W(weights))
    },
    groupNorm(name, channels, groups) {
      const [gamma, beta] = affine(name, channels)
      return (weights, x) => groupNorm(x, gamma(weights), beta(weights), groups)
    },
    layerNorm(name, width) {
      const [gamma, beta] = affine(name, width)
      return (weights, x) => layerNorm(x, gamma(weights), beta(weights))
    },
    offset(name, shape) {
      const table = declare(name, shape, { value: 0 })
      return (weights, x) => tf.add(x, tf.expandDims(table(weights), 0))
    },
    operations(count) {
      flops += count
    },
    done: () => ({
      parameters: Object.fromEntries([...declared].map(([name, { shape }]) => [name, shape])),
      init: key => Object.fromEntries([...declared].map(([name, d]) => [name, firstValues(derive(key, name), d)])),
      flops,
    }),
  }
}

function firstValues(key: Key, { shape, first }: Declared): NdArray<Float32Array> {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1))
  if ('value' in first) values.fill(first.value)
  else if (first.deviation > 0) normal(key, values).forEach((v, i) => (values[i] = first.deviation * v))
  return array(values, shape)
}

function weightOf(weights: Weights, name: string): tf.Tensor {
  const found = weights[name]
  if (found) return found
  const known = Object.keys(weights)
  throw new Error(
    `the network has no weight '${name}' among the ${known.length} given (${known.slice(0, 3).join(', ')}, ...)`,
  )
}

/** Number of parameters of a network. */
export const parameterCount = ({ parameters }: Pick<Network, 'parameters'>): number =>
  Object.values(parameters).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)
