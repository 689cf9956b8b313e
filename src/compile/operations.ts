/**
 * Operations with gradients derived by hand, where the chain rule through tfjs' own operations would pass over the data
 * more often than needed. On the `onnx` backend some are recorded whole, and each device lowers them in its own way; on
 * others they are composed.
 */
import * as tf from '@tensorflow/tfjs'

type Saved = (tensors: tf.Tensor[]) => void
interface WithGradient {
  readonly value: tf.Tensor
  readonly gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]
}

/** `tf.customGrad` with its arguments as a list. */
const withGradient = (f: (inputs: tf.Tensor[], save: Saved) => WithGradient): ((...inputs: tf.Tensor[]) => tf.Tensor) =>
  tf.customGrad((...args) => {
    const save = args.pop() as Saved
    return f(args as tf.Tensor[], save)
  })

/**
 * SiLU, y = x s with s = sigmoid(x); dy/dx = s (1 + x - y).
 * Source: Elfwing, Uchibe, Doya 2017, arXiv 1702.03118.
 */
export const silu: (x: tf.Tensor) => tf.Tensor = withGradient(([x], save) => {
  const whole = recordsWhole('Silu')
  const y = whole ? tf.engine().runKernel<tf.Tensor>('Silu', { x: x! }) : tf.mul(x!, tf.sigmoid(x!))
  save([x!, y])
  return {
    value: y,
    gradFunc: (dy, [x, y]) => [
      whole
        ? tf.engine().runKernel<tf.Tensor>('SiluGradient', { dy, x: x!, y: y! })
        : tf.mul(dy, tf.mul(tf.sigmoid(x!), tf.add(tf.sub(x!, y!), 1))),
    ],
  }
})

/**
 * Layer normalisation: each row to mean 0 and variance 1, then y = gamma (x - mean) / sqrt(variance + epsilon) + beta;
 * x [n, d], gamma and beta [d]. Source: Ba, Kiros, Hinton 2016, arXiv 1607.06450.
 */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  return withGradient(([x, gamma, beta], save) => {
    const d = tf.sub(x!, tf.mean(x!, 1, true))
    const r = tf.rsqrt(tf.add(tf.mean(tf.square(d), 1, true), epsilon))
    const z = tf.mul(d, r)
    save([z, r, gamma!])
    return {
      value: tf.add(tf.mul(z, gamma!), beta!),
      // dx = r (gamma dy - mean(gamma dy) - z mean(gamma dy z)).
      gradFunc: (dy, [z, r, gamma]) => {
        const g = tf.mul(dy, gamma!)
        const m1 = tf.mean(g, 1, true)
        const m2 = tf.mean(tf.mul(g, z!), 1, true)
        const dx = tf.mul(tf.sub(tf.sub(g, m1), tf.mul(z!, m2)), r!)
        return [dx, tf.sum(tf.mul(dy, z!), 0), tf.sum(dy, 0)]
      },
    }
  })(x, gamma, beta)
}

/**
 * Group normalisation: each of `groups` groups of channels is brought to mean 0 and variance 1, then
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta; x [n, c, ...], gamma and beta [c].
 * The formulas are in src/compile/lower/groupnorm.ts. Source: Wu, He 2018, arXiv 1803.08494.
 *
 * @throws where `groups` does not divide the number of channels.
 */
export function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, groups: number, epsilon = 1e-5): tf.Tensor {
  const channels = x.shape[1]!
  if (channels % groups !== 0) throw new Error(`groupNorm: ${channels} channels do not divide into ${groups} groups`)
  if (!recordsWhole('GroupNorm')) return composedGroupNorm(x, gamma, beta, groups, epsilon)
  return withGradient(([x, gamma, beta], save) => {
    const [y, mean, r] = run('GroupNorm', { x: x!, gamma: gamma!, beta: beta! }, { groups, epsilon })
    save([x!, mean!, r!, gamma!])
    return {
      value: y!,
      gradFunc: (dy, [x, mean, r, gamma]) =>
        run('GroupNormGradient', { dy, x: x!, mean: mean!, r: r!, gamma: gamma! }, { groups }),
    }
  })(x, gamma, beta)
}

/** Whether the current backend has a kernel of ours. */
const recordsWhole = (kernel: string): boolean =>
  (tf.getKernel(kernel, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined

const run = (kernel: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, number>): tf.Tensor[] =>
  tf.engine().runKernel<tf.Tensor[]>(kernel, inputs, attributes)

function composedGroupNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  groups: number,
  epsilon: number,
): tf.Tensor {
  const shape = x.shape.map((d, i) => (i === 1 ? d : 1))
  const grouped = tf.reshape(x, [x.shape[0], groups, -1])
  const { mean, variance } = tf.moments(grouped, 2, true)
  const z = tf.reshape(tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon))), x.shape)
  return tf.add(tf.mul(z, tf.reshape(gamma, shape)), tf.reshape(beta, shape))
}
