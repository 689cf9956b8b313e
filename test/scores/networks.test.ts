/** Networks: compiled against tfjs' cpu backend, gradients, first values, counts, conditions and refusals. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile, type Arrays } from '../../src/compile/index.js'
import { array, type NdArray } from '../../src/io/array.js'
import { derive, key, normal } from '../../src/random.js'
import type { Network } from '../../src/scores/network.js'
import { mlp, openNetwork, parameterCount, unet } from '../../src/scores/networks.js'

const draw = (shape: readonly number[], stream: string, scale = 1): NdArray<Float32Array> =>
  array(
    normal(key(7, stream), new Float32Array(shape.reduce((a, b) => a * b, 1))).map(v => scale * v),
    shape,
  )

/** First values moved away from 0, so that every layer takes part. */
const moved = (network: Network): Record<string, NdArray<Float32Array>> =>
  Object.fromEntries(
    Object.entries(network.init(key(3))).map(([name, a]) => {
      const noise = normal(derive(key(4), name), new Float32Array(a.data.length))
      return [name, array(a.data.map((v, i) => v + 0.1 * noise[i]!), a.shape)] // prettier-ignore
    }),
  )

/** F of a batch of n, with noise and embedding for each sample, or for all. */
async function forward(network: Network, n: number, shared: boolean, engine: 'onnx' | 'cpu'): Promise<Float32Array> {
  const { shape, channels, embedding } = network
  const inputs: Arrays = {
    x: draw([n, ...shape], 'x'),
    noise: draw([shared ? 1 : n], 'noise', 0.5),
    ...(channels > 0 ? { channels: draw([shared ? 1 : n, channels, ...shape], 'channels') } : {}),
    ...(embedding > 0 ? { embedding: draw([shared ? 1 : n, embedding], 'embedding') } : {}),
  }
  const f = await compile(
    ({ x, noise, channels, embedding, ...weights }) => ({
      F: network.apply(weights, x!, noise!, { ...(channels ? { channels } : {}), ...(embedding ? { embedding } : {}) }),
    }),
    Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
    { constants: moved(network), engine },
  )
  const { F } = await f.run(inputs)
  await f.dispose()
  expect(F!.shape).toEqual([n, ...shape])
  return F!.data as Float32Array
}

const small = { widths: [16, 32], blocks: 1, groups: 4, embeddingWidth: 16 }
const networks: [string, Network][] = [
  ['mlp', mlp({ shape: [3], width: 24, blocks: 2 })],
  ['mlp with conditions', mlp({ shape: [5], channels: 2, embedding: 3, width: 24, blocks: 1 })],
  ['unet 1-D', unet({ shape: [32], channels: 1, embedding: 2, ...small })],
  ['unet 2-D', unet({ shape: [16, 16], channels: 2, ...small })],
  ['unet 2-D with attention', unet({ shape: [16, 16], channels: 2, embedding: 4, ...small, heads: 2 })],
  ['unet on a rectangle', unet({ shape: [16, 24], channels: 1, ...small, patch: 2 })],
  ['unet on an odd grid', unet({ shape: [7, 9], ...small, widths: [16] })],
]

describe.each(networks)('%s', (_, network) => {
  it.each([true, false])('compiled, it gives what tfjs gives (conditions shared: %s)', async shared => {
    const [fast, slow] = [await forward(network, 3, shared, 'onnx'), await forward(network, 3, shared, 'cpu')]
    const scale = Math.max(...slow.map(Math.abs))
    expect(scale).toBeGreaterThan(0.05)
    // Single precision, through at most some thirty products of a hundred or so terms.
    expect(Math.max(...fast.map((v, i) => Math.abs(v - slow[i]!))) / scale).toBeLessThan(2e-5)
  })

  it('gives each sample what it would have alone', async () => {
    const { shape } = network
    const size = shape.reduce((a, b) => a * b, 1)
    const [one, three] = [await forward(network, 1, true, 'onnx'), await forward(network, 3, true, 'onnx')]
    const scale = Math.max(...one.map(Math.abs))
    expect(Math.max(...one.map((v, i) => Math.abs(v - three.subarray(0, size)[i]!))) / scale).toBeLessThan(2e-5)
  })

  it('has a gradient by every parameter, which differences confirm', async () => {
    const { shape, channels, embedding, parameters } = network
    const names = Object.keys(parameters)
    const inputs = {
      x: draw([2, ...shape], 'x'),
      noise: draw([2], 'noise', 0.5),
      channels: draw([2, channels, ...shape], 'channels'),
      embedding: draw([2, embedding], 'embedding'),
    }
    const weights = moved(network)
    const along = Object.fromEntries(names.map(n => [`d.${n}`, draw(parameters[n]!, `d.${n}`)]))
    const f = await compile(
      i => {
        const loss = (...p: tf.Tensor[]): tf.Scalar =>
          tf.mean(
            tf.square(
              network.apply(Object.fromEntries(names.map((n, k) => [n, p[k]!])), i.x!, i.noise!, {
                channels: i.channels!,
                embedding: i.embedding!,
              }),
            ),
          )
        const at = names.map(n => i[n]!)
        const { grads } = tf.valueAndGrads(loss)(at)
        const stepped = (h: number): tf.Tensor => loss(...at.map((p, k) => tf.add(p, tf.mul(i[`d.${names[k]!}`]!, h))))
        const slope = tf.addN(grads.map((g, k) => tf.sum(tf.mul(g, i[`d.${names[k]!}`]!))))
        const central = (h: number): tf.Tensor => tf.div(tf.sub(stepped(h), stepped(-h)), 2 * h)
        const h = 2 ** -9
        return {
          largest: tf.stack(grads.map(g => tf.max(tf.abs(g)))),
          slope,
          difference: tf.div(tf.sub(tf.mul(central(h / 2), 4), central(h)), 3),
        }
      },
      Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
      { constants: { ...weights, ...along } },
    )
    const { largest, slope, difference } = await f.run(inputs)
    await f.dispose()
    names.forEach((name, k) => expect(largest!.data[k], name).toBeGreaterThan(0))
    // Richardson's extrapolation from h = 2^-9, along a step of unit variance in every parameter: h^4, and 1e-7/h from rounding.
    const [a, b] = [slope!.data[0]!, difference!.data[0]!]
    expect(Math.abs(a - b) / Math.abs(a), `${a} against ${b}`).toBeLessThan(5e-3)
  })

  it('begins the same for the same key, at 0, and opens again from its spec', () => {
    const [a, b, other] = [network.init(key(1)), network.init(key(1)), network.init(key(2))]
    expect(Object.keys(a)).toEqual(Object.keys(network.parameters))
    for (const [name, { data, shape }] of Object.entries(a)) {
      expect(shape).toEqual(network.parameters[name])
      expect(data).toEqual(b[name]!.data)
    }
    expect(a['stem.W']!.data).not.toEqual(other['stem.W']!.data)
    expect(a['head.W']!.data.every(v => v === 0)).toBe(true)
    const again = openNetwork(JSON.parse(JSON.stringify(network.spec)))
    expect(again.spec).toEqual(network.spec)
    expect(again.init(key(1))).toEqual(a)
  })
})

describe('first values', () => {
  it('have variance 1/fan_in', () => {
    const { 'down0.block0.conv1.W': W } = unet({ shape: [32, 32] }).init(key(5))
    const variance = W!.data.reduce((sum, v) => sum + v * v, 0) / W!.data.length
    // 36,864 squares of normals: relative deviation sqrt(2/36864) = 0.0074, four of them.
    expect(Math.abs(variance * 9 * 64 - 1)).toBeLessThan(0.03)
  })
})

describe('counts', () => {
  it('of an mlp', () => {
    const network = mlp({ shape: [4], channels: 1, embedding: 2, width: 10, blocks: 1 })
    const dense = [[32, 10], [2, 10], [10, 10], [8, 10], [10, 10], [10, 10], [10, 10], [10, 10], [10, 4]] as const // prettier-ignore
    const products = dense.reduce((sum, [a, b]) => sum + a * b, 0)
    expect(parameterCount(network)).toBe(products + dense.reduce((sum, [, b]) => sum + b, 0) + 20)
    expect(network.flops).toBe(2 * products)
  })

  it('of a unet', () => {
    const network = unet({ shape: [8, 8], patch: 2, widths: [16], blocks: 1, groups: 4, embeddingWidth: 8 })
    const conv = 9 * (4 * 16 + 2 * 16 * 16 + 16 * 4)
    const dense = 32 * 8 + 8 * 8 + 8 * 32
    expect(network.flops).toBe(2 * (16 * conv + dense))
    expect(parameterCount(network)).toBe(conv + dense + 8 + 8 + 32 + 4 * 16 + 16 * 16 + 4)
  })
})

describe('refusals', () => {
  const refusals: [string, () => unknown, RegExp][] = [
    ['an extent', () => unet({ shape: [30, 32], patch: 4 }), /extent 30 of \[30, 32\] is no multiple of 4 = patch 4 x 2\^\(1 levels - 1\).*patch 1 and one width/], // prettier-ignore
    ['three axes', () => unet({ shape: [8, 8, 8] }), /3 axes; wants \[nx\] or \[nx, ny\]/],
    ['groups', () => unet({ shape: [8, 8], widths: [20] }), /20 channels does not divide into 8 groups/],
    ['heads', () => unet({ shape: [8, 8], widths: [16], heads: 3 }), /16 channels do not divide into 3 heads/],
    ['a width', () => mlp({ shape: [2], width: 0.5 }), /'width' is 0.5; wants a whole number from 1/],
    ['a shape', () => mlp({ shape: [] }), /'shape' is \[\]; wants extents from 1/],
    ['a kind', () => openNetwork({ kind: 'cnn' }), /no kind 'cnn'; kinds: mlp, unet/],
    [
      'an option',
      () => openNetwork({ kind: 'mlp', shape: [2], depth: 3 }),
      /mlp has no option 'depth'; options: shape,/,
    ],
    ['no object', () => openNetwork('unet'), /wants an object with 'kind', not unet/],
  ]
  it.each(refusals)('%s', (_, f, message) => {
    expect(f).toThrow(RangeError)
    expect(f).toThrow(message)
  })

  it('missing and misshapen conditions and weights', () => {
    const network = mlp({ shape: [2], channels: 1, embedding: 3, width: 8 })
    const weights = Object.fromEntries(
      Object.entries(network.init(key(0))).map(([n, a]) => [n, tf.tensor(a.data, a.shape)]),
    )
    const apply = (condition: Parameters<Network['apply']>[3], w = weights): unknown =>
      network.apply(w, tf.zeros([4, 2]), tf.zeros([4]), condition)
    const channels = tf.zeros([4, 1, 2])
    expect(() => apply({ channels })).toThrow("needs the condition 'embedding' [1 or n, 3]; none is given")
    expect(() => apply({ channels, embedding: tf.zeros([4, 2]) })).toThrow('it is [4, 2]')
    expect(() => apply({ embedding: tf.zeros([4, 3]) })).toThrow("needs the condition 'channels' [1 or 4, 1, 2]")
    expect(() => apply({ channels: tf.zeros([3, 1, 2]), embedding: tf.zeros([4, 3]) })).toThrow('it is [3, 1, 2]')
    const rest = Object.fromEntries(Object.entries(weights).filter(([name]) => name !== 'head.W'))
    expect(() => apply({ channels, embedding: tf.zeros([4, 3]) }, rest)).toThrow("no weight 'head.W'")
  })
})
