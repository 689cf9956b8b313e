/** Kernels of our own, behind src/compile/operations.ts: each device lowers them in its own way (src/compile/lower). */
import { node, nodes, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

type Forward = {
  readonly x: Value
  readonly gamma: Value
  readonly beta: Value
}
type Backward = {
  readonly dy: Value
  readonly x: Value
  readonly mean: Value
  readonly r: Value
  readonly gamma: Value
}

const domain = 'invdiff'
const like = ({ shape, dtype }: Value): Pick<Value, 'shape' | 'dtype'> => ({ shape, dtype })

export const layerKernels: Readonly<Record<string, Kernel>> = {
  /** y = x sigmoid(x). */
  Silu: kernel<{ x: Value }>(({ x }) => node('Silu', [x], x.shape, x.dtype, { domain })),
  /** dL/dx of y = x sigmoid(x). */
  SiluGradient: kernel<{ dy: Value; x: Value; y: Value }>(({ dy, x, y }) =>
    node('SiluGradient', [dy, x, y], x.shape, x.dtype, { domain }),
  ),

  /** y, the means and r = 1 / sqrt(variance + epsilon) of each channel's group, both [n, c]. */
  GroupNorm: kernel<Forward, { groups: number; epsilon: number }>(({ x, gamma, beta }, { groups, epsilon }) => {
    const perChannel = { shape: x.shape.slice(0, 2), dtype: 'float32' } as const
    const attributes = { groups, epsilon: { float: epsilon } }
    return nodes('GroupNorm', [x, gamma, beta], [like(x), perChannel, perChannel], { domain, attributes })
  }),
  /** dL/dx, dL/dgamma and dL/dbeta. */
  GroupNormGradient: kernel<Backward, { groups: number }>(({ dy, x, mean, r, gamma }, { groups }) =>
    nodes('GroupNormGradient', [dy, x, mean, r, gamma], [dy, gamma, gamma].map(like), {
      domain,
      attributes: { groups },
    }),
  ),
}
