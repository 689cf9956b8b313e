/** Blocks of training data: their statistics, what they show of a measurement, and who makes them. */
import { Matrix, inverse } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { matrixOf } from '../../src/operators/linear.js'
import { isLinear } from '../../src/operators/operator.js'
import { noiseFrom } from '../../src/operators/noise-models/registry.js'
import { key } from '../../src/random.js'
import { simulateBlock, type Block } from '../../src/run/block.js'
import { openBlockPool, type BlockData, type BlockTask } from '../../src/run/block-pool.js'
import { blockSource } from '../../src/run/block-source.js'
import { conditionOf } from '../../src/run/condition.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { measurementOf, type Setting } from '../../src/run/setting.js'
import { viewSpec, type ViewSpec } from '../../src/run/view.js'

const names = [
  'advection-diffusion/initial-condition',
  'advection-diffusion/source',
  'advection-diffusion/boundary-flux',
]
const options = { operators: 8, pairs: 4, anonymous: 0 }

async function opened(name: string, shape: readonly number[], encode: ViewSpec['encode'] = 'lmmse') {
  const parts = (await loadProblem(name)).build(shape)
  const prior = await priorMoments(parts)
  const view = viewSpec(parts, prior, { encode })
  const block = (index: number, more: object = {}): Block =>
    simulateBlock(parts, prior, view, key(3, 'test'), index, { ...options, ...more })
  return { parts, prior, view, block }
}
const shapeOf = (name: string): number[] => (name.endsWith('flux') ? [16] : [8, 8])

/** Part r of an array [n, ...]. */
const row = <A extends Float32Array | Float64Array>({ data, shape }: NdArray<A>, r: number): A => {
  const size = data.length / shape[0]!
  return data.subarray(r * size, (r + 1) * size) as A
}
const closeTo = (found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void => {
  expect(found.length).toBe(wanted.length)
  let worst = 0
  for (let k = 0; k < found.length; k++) worst = Math.max(worst, Math.abs(found[k]! - wanted[k]!))
  expect(worst).toBeLessThan(tolerance)
}

describe.each(names)('%s, Gaussian prior, residual coordinates', name => {
  it('has u of mean 0 and variance 1, whatever the operator', async () => {
    const { view, block } = await opened(name, shapeOf(name))
    const means: number[] = []
    const squares: number[] = []
    for (let index = 0; index < 12; index++) {
      const { x, channels } = block(index)
      const N = x.size / x.shape[0]!
      for (let r = 0; r < x.shape[0]!; r++) {
        // Cells that are known better than a tenth of the prior are not blown up to 1.
        const open = [
          ...row(channels, r)
            .subarray(N, 2 * N)
            .keys(),
        ].filter(k => row(channels, r)[N + k]! > 0.1)
        const u = open.map(k => row(x, r)[k]!)
        means.push(u.reduce((a, v) => a + v, 0) / u.length)
        squares.push(u.reduce((a, v) => a + v * v, 0) / u.length)
      }
    }
    expect(view.coordinates).toBe('residual')
    // Pairs are independent given their operators: standard errors come from their own spread.
    const judge = (values: number[], wanted: number): void => {
      const mean = values.reduce((a, v) => a + v, 0) / values.length
      const sd = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / (values.length - 1))
      const se = sd / Math.sqrt(values.length)
      expect(se).toBeLessThan(0.06)
      expect(Math.abs(mean - wanted)).toBeLessThan(4 * se)
    }
    judge(means, 0)
    judge(squares, 1)
  })

  it('shows mean and deviation of the exact posterior, and u that leads back to the unknown', async () => {
    const { parts, prior, view, block } = await opened(name, shapeOf(name))
    const { x, channels, unknowns, measured } = block(5)
    const N = prior.mean.size
    const C = matrix(prior.covariance())
    const xbar = Matrix.columnVector([...prior.mean.data])
    measured.forEach(({ setting, y }, j) => {
      const { operator, noise } = measurementOf(parts, setting)
      const A = matrix(matrixOf(linear(operator)))
      const R = Matrix.diag([...noise.covariance(array(y.data.subarray(0, y.shape[1]), [y.shape[1]!])).data])
      const gain = C.mmul(A.transpose()).mmul(inverse(A.mmul(C).mmul(A.transpose()).add(R)))
      const sd = Matrix.sub(C, gain.mmul(A).mmul(C)).diagonal().map(Math.sqrt)
      for (let r = 0; r < options.pairs; r++) {
        const residual = Matrix.sub(Matrix.columnVector([...row(y, r)]), A.mmul(xbar))
        const mean = Matrix.add(xbar, gain.mmul(residual)).to1DArray()
        const i = j * options.pairs + r
        const [first, second] = [row(channels, i).subarray(0, N), row(channels, i).subarray(N, 2 * N)]
        // Channels are float32 of numbers of order one.
        closeTo(first.map(v => v * view.std + view.mean), mean, 2e-6 * (1 + view.std)) // prettier-ignore
        closeTo(
          second.map(v => v * view.std),
          sd,
          2e-6 * view.std,
        )
        const back = row(x, i).map((u, k) => mean[k]! + Math.max(sd[k]!, 0.1 * view.std) * u)
        closeTo(back, row(unknowns, i), 1e-5 * (1 + view.std))
      }
    })
  })
})

const matrix = ({ data, shape }: NdArray<Float64Array>): Matrix => Matrix.from1DArray(shape[0]!, shape[1]!, data)
function linear(A: Parameters<typeof isLinear>[0]): Parameters<typeof matrixOf>[0] {
  if (!isLinear(A)) throw new Error('not linear')
  return A
}

describe('what training shows a network is what sampling shows it', () => {
  it.each(names.flatMap(name => (['lmmse', 'adjoint', 'raw'] as const).map(encode => [name, encode] as const)))(
    '%s, %s',
    async (name, encode) => {
      const { parts, prior, view, block } = await opened(name, shapeOf(name), encode)
      const { channels, embedding, measured } = block(1)
      measured.forEach(({ setting, y }, j) => {
        const one = array(row(y, 2), [y.shape[1]!])
        const shown = conditionOf(parts, prior, view, { ...setting, y: one })
        const i = j * options.pairs + 2
        closeTo(row(channels, i), shown.view.channels, 1e-5)
        closeTo(row(embedding, i), shown.embedding, 1e-6)
      })
    },
  )
})

describe('the embedding', () => {
  it('places parameters and noise between -1 and 1, and names the family unless it is hidden', async () => {
    const { parts, view, block } = await opened(names[0]!, [8, 8])
    const P = Object.keys(view.parameters).length
    const check = ({ embedding }: Block, hidden: boolean): void => {
      for (let i = 0; i < embedding.shape[0]!; i++) {
        const numbers = row(embedding, i)
        expect(numbers).toHaveLength(P + 2 + parts.operators.length)
        for (const v of numbers.subarray(0, P + 1)) expect(Math.abs(v)).toBeLessThanOrEqual(1 + 1e-6)
        expect(numbers.subarray(P + 2).reduce((a, v) => a + v, 0)).toBe(hidden ? 0 : 1)
      }
    }
    check(block(0), false)
    check(block(0, { anonymous: 1 }), true)
  })

  it('is -1 and 1 at the ends of the ranges, and knows the noise of every covariance', async () => {
    const { parts, prior, view, block } = await opened(names[0]!, [8, 8])
    const { setting, y } = block(0).measured[0]!
    const m = y.shape[1]!
    const numbersAt = (change: Partial<Setting>): number[] => [
      ...conditionOf(parts, prior, view, { ...setting, ...change, y: array(row(y, 0), [m]) }).embedding,
    ]
    const { low, high } = parts.physics.parameters.kappa!
    const at = (kappa: number): number => numbersAt({ parameters: { ...setting.parameters, kappa } })[1]!
    expect([at(low), at(Math.sqrt(low * high)), at(high)].map(v => Number(v.toFixed(6)) + 0)).toEqual([-1, 0, 1])
    const noiseAt = (noise: Setting['noise']): number => numbersAt({ noise })[2]!
    const std = parts.noise.low
    expect(noiseAt({ kind: 'gaussian', std })).toBeCloseTo(-1, 6)
    expect(noiseAt({ kind: 'gaussian', std: Array<number>(m).fill(std) })).toBeCloseTo(-1, 6)
    const covariance = Array.from({ length: m }, (_, i) => Array.from({ length: m }, (_, k) => (i === k ? std ** 2 : 0))) // prettier-ignore
    expect(noiseFrom({ kind: 'gaussian', covariance }).covariance(array(row(y, 0), [m])).shape).toEqual([m, m])
    expect(noiseAt({ kind: 'gaussian', covariance })).toBeCloseTo(-1, 6)
  })
})

describe('the pool', () => {
  const name = names[0]!
  it('makes block n as this thread does, with one worker or two', async () => {
    const { parts, prior, view } = await opened(name, [8, 8])
    const families = parts.operators.map(f => f.name)
    const task: BlockTask = { problem: name, shape: [8, 8], families, view, key: key(3, 'test'), options }
    for (const threads of [1, 2]) {
      const pool = openBlockPool(task, threads)
      try {
        const found = await Promise.all([pool.block(1), pool.block(4)])
        for (const [i, index] of [1, 4].entries()) {
          const { x, channels, embedding } = simulateBlock(parts, prior, view, task.key, index, options)
          expect(found[i]!.x).toEqual(x.data)
          expect(found[i]!.channels).toEqual(channels.data)
          expect(found[i]!.embedding).toEqual(embedding.data)
        }
      } finally {
        await pool.dispose()
      }
    }
  })

  it('passes on what goes wrong in a thread, while it starts and while it works', async () => {
    const { view } = await opened(name, [8, 8])
    const task = { problem: name, shape: [8, 8], families: [], view, key: key(0), options }
    const judge = async (changes: Partial<BlockTask>, says: RegExp): Promise<void> => {
      const pool = openBlockPool({ ...task, ...changes })
      await expect(pool.block(0)).rejects.toThrow(says)
      await pool.dispose()
    }
    await judge({ problem: 'advection-diffusion/sauce' }, /did you mean 'advection-diffusion\/source'/)
    await judge({ families: ['smell'] }, /no family 'smell'/)
    await judge({ options: { operators: -1, pairs: 4 } }, /./)
  })

  it('feeds a source whose batches are functions of the step', async () => {
    const { view, block } = await opened(name, [8, 8])
    const pool = { block: (index: number) => Promise.resolve(flat(block(index))), dispose: () => Promise.resolve() }
    const source = () =>
      blockSource(pool, { shape: [8, 8], view, options, key: key(9) }, { window: 2, stepsPerBlock: 3 })
    const [one, two] = [source(), source()]
    const inOrder = await Promise.all([0, 1, 2, 3, 8].map(step => one.batch(step, 6)))
    const late = await two.batch(8, 6)
    expect(late.x.data).toEqual(inOrder[4]!.x.data)
    expect(inOrder[0]!.x.data).not.toEqual(inOrder[1]!.x.data)
    // Step 8 takes from blocks 2 and 3 only.
    const fields = [2, 3].flatMap(index => {
      const { x } = block(index)
      return Array.from({ length: x.shape[0]! }, (_, r) => row(x, r).join())
    })
    for (let r = 0; r < 6; r++) expect(fields).toContain(row(late.x, r).join())
  })
})

const flat = ({ x, channels, embedding, rotations, variances }: Block): BlockData => ({
  ...{ x: x.data, channels: channels.data, embedding: embedding.data },
  ...{ rotations: rotations.data, variances: variances.data },
})
