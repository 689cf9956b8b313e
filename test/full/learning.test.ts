/** A few hundred steps of AdamW bring a network near the exact denoiser of Gaussian data. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile, type Arrays } from '../../src/compile/index.js'
import { array, type NdArray } from '../../src/io/array.js'
import { key, normal, uniform } from '../../src/random.js'
import { perSample, type Denoiser } from '../../src/scores/denoiser.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import type { Network, Weights } from '../../src/scores/network.js'
import { mlp, unet } from '../../src/scores/networks.js'
import { conversion, denoiserOf, type Parametrisation } from '../../src/scores/preconditioning.js'
import { adamw, packing } from '../../src/training/adamw.js'

/** exp(-|i - j|^2/(2 length^2)) between the cells of a grid, along each axis. */
const covariance = (shape: readonly number[], length: number): number[][] => {
  const cells = shape.reduce<number[][]>(
    (all, n) => all.flatMap(c => Array.from({ length: n }, (_, i) => [...c, i])),
    [[]],
  )
  return cells.map(a => cells.map(b => Math.exp(-a.reduce((s, v, k) => s + (v - b[k]!) ** 2, 0) / (2 * length ** 2))))
}

/** A Gaussian field's square root by Cholesky, [N, N]. */
function root(C: readonly (readonly number[])[]): number[][] {
  const L = C.map(row => row.map(() => 0))
  C.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const rest = row[j]! - L[i]!.slice(0, j).reduce((sum, v, k) => sum + v * L[j]![k]!, 0)
      L[i]![j] = i === j ? Math.sqrt(rest + 1e-9) : rest / L[j]![j]!
    }
  })
  return L
}

/** Trains on fields L u with log-uniform sigma in [0.1, 3]; the excess of the weighted error over the exact denoiser's. */
async function excess(
  network: Network,
  C: number[][],
  parametrisation: Parametrisation,
  steps: number,
): Promise<number> {
  const [n, N] = [64, C.length]
  const { weight } = conversion(parametrisation)
  const names = Object.keys(network.parameters)
  const { lengths, pack, unpack } = packing(Object.values(network.parameters))
  const L = tf.tensor2d(root(C))
  const exact = gaussianDenoiser({ mean: new Array<number>(N).fill(0), covariance: C })
  const draw = (i: Record<string, tf.Tensor>): { x0: tf.Tensor; x: tf.Tensor; sigma: tf.Tensor } => {
    const x0 = tf.reshape(tf.matMul(i.u as tf.Tensor2D, L, false, true), [-1, ...network.shape])
    const sigma = tf.exp(tf.add(Math.log(0.1), tf.mul(i.v!, Math.log(30))))
    return { x0, sigma, x: tf.add(x0, tf.mul(perSample(sigma, x0), tf.reshape(i.w!, x0.shape))) }
  }
  const lossOf = (D: Denoiser, i: Record<string, tf.Tensor>): tf.Scalar => {
    const { x0, x, sigma } = draw(i)
    return tf.mean(tf.mul(perSample(weight(sigma), x0), tf.squaredDifference(D(x, sigma), x0)))
  }
  const weightsOf = (p: readonly tf.Tensor[]): Weights => Object.fromEntries(names.map((name, k) => [name, p[k]!]))
  const all = (i: Record<string, tf.Tensor>, name: string): tf.Tensor[] => lengths.map((_, k) => i[`${name}${k}`]!)
  const step = (i: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const theta = all(i, 'theta')
    const loss = (...p: tf.Tensor[]): tf.Scalar => lossOf(denoiserOf(network, weightsOf(p), { parametrisation }), i)
    const { value, grads } = tf.valueAndGrads(loss)(unpack(theta))
    const next = adamw({ theta, m: all(i, 'm'), v: all(i, 'v_'), t: i.t! }, pack(grads), i.rate!)
    const numbered = (name: string, list: readonly tf.Tensor[]): [string, tf.Tensor][] => list.map((a, k) => [`${name}${k}`, a]) // prettier-ignore
    return Object.fromEntries([['loss', value], ['t', next.t], ...numbered('theta', next.theta), ...numbered('m', next.m), ...numbered('v_', next.v)]) // prettier-ignore
  }
  const first = network.init(key(1))
  const theta = tf.tidy(() => pack(names.map(name => tf.tensor(first[name]!.data, first[name]!.shape))).map(a => a.dataSync() as Float32Array)) // prettier-ignore
  const state: Record<string, NdArray<Float32Array>> = { t: array(new Float32Array(1), []) }
  lengths.forEach((length, k) => {
    state[`theta${k}`] = array(theta[k]!)
    state[`m${k}`] = array(new Float32Array(length))
    state[`v_${k}`] = array(new Float32Array(length))
  })
  const batch = (stream: string, k: number): Arrays => ({
    u: array(normal(key(2, stream, 'u', k), new Float32Array(n * N)), [n, N]),
    w: array(normal(key(2, stream, 'w', k), new Float32Array(n * N)), [n, N]),
    v: array(uniform(key(2, stream, 'v', k), new Float32Array(n))),
  })
  const shapes = { u: [n, N], w: [n, N], v: [n] }
  const train = await compile(step, { ...shapes, rate: [] }, { state })
  for (let k = 0; k < steps; k++) {
    const rate = 3e-3 * Math.min(1, (k + 1) / 20) * Math.cos((Math.PI / 2) * (k / steps))
    await train.run({ ...batch('train', k), rate: array(Float32Array.of(rate), []) })
  }
  const trained = await train.state()
  await train.dispose()
  const judge = await compile(
    i => ({
      network: lossOf(denoiserOf(network, weightsOf(unpack(all(i, 'theta'))), { parametrisation }), i),
      exact: lossOf(exact, i),
    }),
    shapes,
    { constants: Object.fromEntries(lengths.map((_, k) => [`theta${k}`, trained[`theta${k}`]!])) },
  )
  let [found, least] = [0, 0]
  for (let k = 0; k < 16; k++) {
    const losses = await judge.run(batch('test', k))
    found += losses.network!.data[0]!
    least += losses.exact!.data[0]!
  }
  await judge.dispose()
  L.dispose()
  return found / least - 1
}

// Measured: edm 0.010, epsilon 0.018, x0 0.025, velocity 0.010, velocity-1 0.025; 2-D 0.115, 1-D 0.070. After 20 steps they are
// 0.14 to 0.46, and about 1 for the U-Nets. The bounds leave a factor of two.
describe('the excess over the exact denoiser falls', () => {
  const line = covariance([4], 1.5)
  it.each([
    ['edm', 0.03],
    ['epsilon', 0.06],
    ['x0', 0.06],
    ['velocity', 0.03],
    ['velocity-1', 0.05],
  ] as const)('mlp, %s', async (parametrisation, bound) => {
    const network = mlp({ shape: [4], width: 48, blocks: 2 })
    const found = await excess(network, line, parametrisation, 200)
    expect(found).toBeLessThan(bound)
    // No denoiser beats the exact one but by chance: 1,024 test examples of 4 numbers that both share.
    expect(found).toBeGreaterThan(0)
  })

  it.each([
    ['2-D', unet({ shape: [8, 8], patch: 2, widths: [32], blocks: 1, embeddingWidth: 32 }), 2, 0.2],
    ['1-D', unet({ shape: [32], patch: 4, widths: [32], blocks: 1, embeddingWidth: 32 }), 3, 0.15],
  ] as const)('unet, %s', async (_, network, length, bound) => {
    const found = await excess(network, covariance(network.shape, length), 'edm', 200)
    expect(found).toBeLessThan(bound)
    expect(found).toBeGreaterThan(0)
  })
})
