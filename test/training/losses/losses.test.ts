import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../src/compile/index.js'
import { key, normal, uniform } from '../../../src/random.js'
import { losses, penalties, reduced, type Loss } from '../../../src/training/losses/index.js'

const [n, d] = [24, 6]
const residuals = normal(key(1), new Float64Array(n * d)).map((r, i) => r * (i % 5 === 0 ? 6 : 0.5))
const levels = uniform(key(2), new Float64Array(n)).map(u => 0.01 * 2000 ** u)

/** The batch's loss, the samples' and the gradient in r, in double precision. */
async function evaluator(loss: Loss) {
  const f = ({ r, sigma }: Record<string, tf.Tensor>) => {
    const total = (x: tf.Tensor): tf.Scalar => reduced(loss, loss.value(x, sigma!), sigma!)
    const { value, grad } = tf.valueAndGrad(total)(r!)
    return { loss: value, each: loss.value(r!, sigma!), gradient: grad }
  }
  return compile(f, { r: [n, d], sigma: [n] }, { precision: 'float64' })
}

const array = (data: Float64Array, shape: number[]) => ndarray(data, shape)
const sigma = array(levels, [n])

describe.each(losses.list().map(({ name }) => name))('%s', name => {
  const loss = losses.create(name)

  it('is remade by its name and options', () => {
    const again = losses.create(loss.name, loss.options as Record<string, number>)
    expect(again.options).toEqual(loss.options)
    expect(loss.name).toBe(name)
  })

  it('has the gradient of its finite differences, what is typical and the order held fixed', async () => {
    const program = await evaluator(loss)
    const at = async (x: Float64Array) => program.run({ r: array(x, [n, d]), sigma })
    const { gradient, each } = await at(residuals)
    expect(each!.shape).toEqual([n])
    const compared = frozen(loss, residuals)
    const h = 1e-6
    for (const i of [0, 1, 7, 50, 77, 143]) {
      const moved = (by: number) => residuals.with(i, residuals[i]! + by)
      const slope = (compared(moved(h)) - compared(moved(-h))) / (2 * h)
      // h^2 times third derivatives of order 10, and rounding 1e-16 * 40/h.
      expect(Math.abs(gradient!.data[i]! - slope)).toBeLessThan(1e-8)
    }
    await program.dispose()
  })

  it('is 0, and flat but for a corner, where all residuals are 0', async () => {
    const program = await evaluator(loss)
    const zero = await program.run({ r: array(new Float64Array(n * d), [n, d]), sigma })
    expect(zero.loss!.data[0]).toBe(0)
    if (!name.endsWith('-level')) expect(zero.gradient!.data.every(v => Math.abs(v) <= 1 / (n * d))).toBe(true)
    await program.dispose()
  })

  it('is the same in single precision on tfjs cpu', async () => {
    const program = await evaluator(loss)
    const expected = await program.run({ r: array(residuals, [n, d]), sigma })
    await tf.setBackend('cpu')
    const [r, s] = [tf.tensor(Float32Array.from(residuals), [n, d]), tf.tensor1d(Float32Array.from(levels))]
    const found = reduced(loss, loss.value(r, s), s).dataSync()[0]!
    expect(Math.abs(found / expected.loss!.data[0]! - 1)).toBeLessThan(1e-5)
    await program.dispose()
  })
})

/** The loss in plain numbers, with weights, scales and order of a first point. */
function frozen({ name, options }: Loss, first: Float64Array): (r: Float64Array) => number {
  const values = options as Record<string, number>
  const rows = (r: Float64Array): Float64Array[] => Array.from({ length: n }, (_, i) => r.subarray(i * d, (i + 1) * d))
  const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length
  const squares = (r: Float64Array): number[] => rows(r).map(row => mean(row.map(v => v * v)))
  const typical = (sizes: number[]): number[] =>
    Array.from(levels, s => {
      const k = Array.from(levels, t => Math.exp(-((Math.log(s / t) / values.bandwidth!) ** 2) / 2))
      return Math.exp(k.reduce((sum, w, j) => sum + w * Math.log(sizes[j]!), 0) / k.reduce((a, b) => a + b))
    })
  if (name === 'mse') return r => mean(squares(r))
  if (name === 'density-power-sample') return r => mean(squares(r).map(m => -Math.expm1((-values.beta! * m) / 2) / values.beta!)) // prettier-ignore
  if (name.startsWith('lts')) {
    const start = squares(first)
    const order = name === 'lts' ? start : typical(start).map((g, i) => start[i]! / g)
    const s = Math.floor(values.keep! * n)
    const kept = order.map((_, i) => i).sort((a, b) => order[a]! - order[b]!).slice(0, s) // prettier-ignore
    return r => mean(kept.map(i => squares(r)[i]!))
  }
  const { bandwidth, ...own } = values
  const { rho } = penalties.create(name.replace(/-level$/, ''), own)
  if (bandwidth === undefined) return r => mean(r.map(rho))
  const scale = typical(rows(first).map(row => mean(row.map(Math.abs)))).map(v => v / Math.sqrt(2 / Math.PI))
  return r => mean(rows(r).map((row, i) => scale[i]! ** 2 * mean(row.map(v => rho(v / scale[i]!)))))
}

describe.each(penalties.list().map(({ name }) => name))('the influence function of %s', name => {
  it('is the derivative of rho, odd, and bounded', () => {
    const { rho, psi } = penalties.create(name)
    const h = 1e-6
    for (const r of [-30, -4.1, -1, -0.3, -0.07, 0.05, 0.5, 2, 6]) {
      expect(Math.abs(psi(r) - (rho(r + h) - rho(r - h)) / (2 * h))).toBeLessThan(1e-8)
      expect(psi(-r)).toBeCloseTo(-psi(r), 14)
      expect(rho(-r)).toBe(rho(r))
    }
    expect(rho(0)).toBe(0)
    expect(Math.abs(psi(1e6))).toBeLessThanOrEqual(1)
  })
})

describe('limits', () => {
  const rhoOf = (name: string, values: Record<string, number>) => penalties.create(name, values).rho
  it('delta to 0 is the absolute value, c and beta to their ends half the square', () => {
    for (const r of [-3, -0.4, 0.2, 7]) {
      expect(rhoOf('huber', { delta: 1e-9 })(r)).toBeCloseTo(Math.abs(r), 8)
      expect(rhoOf('pseudo-huber', { delta: 1e-9 })(r)).toBeCloseTo(Math.abs(r), 8)
      expect(rhoOf('huber', { delta: 1e9 })(r) * 1e9).toBeCloseTo(r ** 2 / 2, 8)
      expect(rhoOf('tukey', { c: 1e5 })(r)).toBeCloseTo(r ** 2 / 2, 6)
      expect(rhoOf('density-power', { beta: 1e-9 })(r)).toBeCloseTo(r ** 2 / 2, 6)
    }
  })
  it('tukey and density power forget what is far off', () => {
    expect(penalties.create('tukey').psi(4.7)).toBe(0)
    expect(penalties.create('density-power').psi(20)).toBeLessThan(1e-15)
  })
})

describe('trimming', () => {
  const run = async (loss: Loss, sizes: number[], sigmas: number[]) => {
    const f = ({ r, sigma }: Record<string, tf.Tensor>) => {
      const total = (x: tf.Tensor): tf.Scalar => reduced(loss, loss.value(x, sigma!), sigma!)
      return { gradient: tf.grad(total)(r!) }
    }
    const shape = [sizes.length, 1]
    const program = await compile(f, { r: shape, sigma: [sizes.length] }, { precision: 'float64' })
    const { gradient } = await program.run({ r: array(Float64Array.from(sizes, Math.sqrt), shape), sigma: array(Float64Array.from(sigmas), [sizes.length]) }) // prettier-ignore
    await program.dispose()
    return [...gradient!.data].map(v => v !== 0)
  }
  it('keeps floor(lambda n) of the smallest, and all of equal ones', async () => {
    const ones = (length: number) => new Array<number>(length).fill(1)
    expect(await run(losses.create('lts', { keep: 0.6 }), [5, 1, 4, 2, 3], ones(5))).toEqual([false, true, false, true, true]) // prettier-ignore
    expect(await run(losses.create('lts', { keep: 0.6 }), [5, 1, 2, 2, 2], ones(5))).toEqual([false, true, true, true, true]) // prettier-ignore
    expect(await run(losses.create('lts', { keep: 0.01 }), [5, 1, 2], ones(3))).toEqual([false, true, false])
  })
  it('by level leaves out the outlier of each level, plainly the noisiest level', async () => {
    // Losses of about 1 at sigma 0.1 and of about 0.01 at sigma 10; one of ten in each is 4 times as large.
    const base = Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0.01) * (1 + 0.02 * (i % 10)))
    const sizes = base.with(3, 4).with(16, 0.04)
    const sigmas = Array.from({ length: 20 }, (_, i) => (i < 10 ? 0.1 : 10))
    const out = (kept: boolean[]) => kept.flatMap((k, i) => (k ? [] : [i]))
    expect(out(await run(losses.create('lts-level', { keep: 0.9 }), sizes, sigmas))).toEqual([3, 16])
    expect(out(await run(losses.create('lts', { keep: 0.9 }), sizes, sigmas))).toEqual([3, 9])
  })
})

describe('thresholds by level', () => {
  it('follow the scale of each level: residuals of another size give the square of it times the loss', async () => {
    for (const name of ['huber-level', 'tukey-level', 'pseudo-huber-level', 'density-power-level']) {
      const program = await evaluator(losses.create(name))
      const one = await program.run({ r: array(residuals, [n, d]), sigma })
      const small = await program.run({ r: array(residuals.map(r => r / 100), [n, d]), sigma }) // prettier-ignore
      one.each!.data.forEach((v, i) => expect(small.each!.data[i]! * 1e4).toBeCloseTo(v, 10))
      await program.dispose()
    }
  })
})

describe('the registry', () => {
  it('refuses unknown names and parameters out of range', () => {
    expect(() => losses.create('hubber')).toThrow(/unknown loss 'hubber'; did you mean 'huber'/)
    expect(() => losses.create('huber', { c: 1 })).toThrow(/'c'.*Known: delta/)
    expect(() => losses.create('huber', { delta: 0 })).toThrow(/delta = 0/)
    expect(() => losses.create('lts', { keep: 1 })).toThrow(/keep = 1 is not in \(0, 1\)/)
  })
})
