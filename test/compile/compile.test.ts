import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { beforeEach, describe, expect, it } from 'vitest'
import { compile, type BoundaryArray, type Executable, type TensorFunction } from '../../src/compile/index.js'
import { adamState, adamStep, floats, mlp, relativeDifference } from './steps.js'

const square: TensorFunction = ({ x }) => ({ y: tf.square(x!) })
const increment: TensorFunction = ({ w, x }) => ({ w: tf.add(w!, x!), before: w! })
const one = (value: number): BoundaryArray => ndarray(new Float32Array([value]), [1])
const values = (a: BoundaryArray | undefined): number[] => Array.from(a!.data)

async function using<T>(compiled: Promise<Executable>, f: (e: Executable) => Promise<T>): Promise<T> {
  const executable = await compiled
  try {
    return await f(executable)
  } finally {
    await executable.dispose()
  }
}

beforeEach(async () => {
  await tf.setBackend('cpu')
})

describe('state', () => {
  it('goes round as on tfjs cpu, over 20 steps of Adam', async () => {
    const train = (engine: 'onnx' | 'cpu') =>
      using(compile(adamStep(mlp), { x: mlp.x, y: mlp.y }, { state: adamState(mlp), engine }), async step => {
        const losses: number[] = []
        for (let i = 0; i < 20; i++) losses.push(values((await step.run({ x: floats(mlp.x, i), y: floats(mlp.y, i + 50) })).loss)[0]!) // prettier-ignore
        return { losses, state: await step.state() }
      })
    const [ours, theirs] = [await train('onnx'), await train('cpu')]
    // 20 steps of some 10 roundings each (6e-8) and Adam's division; measured 2.4e-7.
    expect(relativeDifference(ours.state, theirs.state)).toBeLessThan(1e-5)
    ours.losses.forEach((loss, i) => expect(loss).toBeCloseTo(theirs.losses[i]!, 5))
    expect(ours.losses[19]).toBeLessThan(ours.losses[0]!)
  })

  it.each(['onnx', 'cpu', 'worker'])('is set, copied and read back (%s)', async kind => {
    const given = one(5)
    const options = kind === 'worker' ? { worker: true } : { engine: kind as 'onnx' | 'cpu' }
    await using(compile(increment, { x: [1] }, { state: { w: given }, ...options }), async e => {
      given.set(0, 100)
      expect(values((await e.run({ x: one(1) })).before)).toEqual([5])
      expect(values((await e.run({ x: one(1) })).before)).toEqual([6])
      const copy = await e.state()
      expect(values(copy.w)).toEqual([7])
      copy.w!.set(0, -1)
      expect(values((await e.run({ x: one(1) })).before)).toEqual([7])
      const next = one(40)
      await e.setState({ w: next })
      next.set(0, 0)
      expect(values((await e.run({ x: one(2) })).before)).toEqual([40])
      const kept = await e.state()
      await e.run({ x: one(2) })
      await e.run({ x: one(2) })
      expect(values(kept.w)).toEqual([42])
      await e.setState(kept)
      expect(values((await e.state()).w)).toEqual([42])
    })
  })

  it('advances once for each call, in their order, also when none is awaited', async () => {
    await using(compile(increment, { x: [1] }, { state: { w: one(0) } }), async e => {
      const runs = await Promise.all([1, 2, 3, 4].map(i => e.run({ x: one(i) })))
      expect(runs.map(r => values(r.before)[0])).toEqual([0, 1, 3, 6])
    })
  })

  it('keeps results that were given out while state goes on', async () => {
    await using(compile(increment, { x: [1] }, { state: { w: one(1) } }), async e => {
      const first = await e.run({ x: one(1) })
      for (let i = 0; i < 4; i++) await e.run({ x: one(1) })
      expect(values(first.before)).toEqual([1])
    })
  })
})

describe('constants', () => {
  it('are written into the graph, with the values that they had', async () => {
    const w = floats([2, 2], 3)
    const expected = values(w)
    await using(
      compile(({ x, w }) => ({ y: tf.mul(x!, w!) }), { x: [2, 2] }, { constants: { w } }),
      async e => {
        w.set(0, 0, 1e9)
        expect(Object.keys(e.inputs)).toEqual(['x'])
        const ones = ndarray(new Float32Array(4).fill(1), [2, 2])
        expect(values((await e.run({ x: ones })).y)).toEqual(expected)
        await expect(e.run({ x: ones, w })).rejects.toThrow(/input 'w' does not exist: x does/)
      },
    )
  })

  it('are what a function captures, from whichever backend', async () => {
    const captured = tf.tensor1d([10, 20])
    const f: TensorFunction = ({ x }) => ({ y: tf.add(x!, captured) })
    const x = ndarray(new Float32Array([1, 2]), [2])
    expect(await using(compile(f, { x: [2] }), async e => values((await e.run({ x })).y))).toEqual([11, 22])
    expect(tf.getBackend()).toBe('cpu')
    expect(Array.from(captured.mul(2).dataSync())).toEqual([20, 40])
  })
})

describe('precision float64', () => {
  it('keeps the numbers of a program and of its inputs whole', async () => {
    const Before = Float32Array
    const x = [1 / 3, Math.PI, -1e-3]
    const array = ndarray(Float64Array.from(x), [3])
    const f: TensorFunction = ({ x, w }) => ({ y: tf.add(tf.mul(x!, 0.1), tf.tensor1d([1e-12, 0.7, 2])), w: tf.add(w!, 0.1) }) // prettier-ignore
    await using(compile(f, { x: [3] }, { precision: 'float64', state: { w: array } }), async e => {
      const { y } = await e.run({ x: array })
      expect(y!.dtype).toBe('float64')
      expect(values(y)).toEqual([x[0]! * 0.1 + 1e-12, x[1]! * 0.1 + 0.7, x[2]! * 0.1 + 2])
      expect(values((await e.state()).w)).toEqual(x.map(v => v + 0.1))
    })
    expect(globalThis.Float32Array).toBe(Before)
    expect(new Float32Array([0.1])[0]).toBe(Math.fround(0.1))
  })

  it('restores Float32Array when the function throws', async () => {
    const Before = Float32Array
    const f: TensorFunction = () => {
      throw new Error('mine')
    }
    await expect(compile(f, { x: [1] }, { precision: 'float64' })).rejects.toThrow('mine')
    expect(globalThis.Float32Array).toBe(Before)
  })

  it('takes Float64Array in single precision too, rounded', async () => {
    const x = ndarray(Float64Array.of(0.1), [1])
    expect(await using(compile(({ x }) => ({ y: x! }), { x: [1] }), async e => values((await e.run({ x })).y))).toEqual([Math.fround(0.1)]) // prettier-ignore
    expect(await using(compile(({ x }) => ({ y: x! }), { x: [1] }, { engine: 'cpu' }), async e => values((await e.run({ x })).y))).toEqual([Math.fround(0.1)]) // prettier-ignore
  })

  it('is refused where nothing computes it', async () => {
    await expect(compile(square, { x: [1] }, { precision: 'float64', engine: 'cpu' })).rejects.toThrow(/float64 is computed by/) // prettier-ignore
    await expect(compile(square, { x: [1] }, { precision: 'float64', device: 'cuda' })).rejects.toThrow(/float64 is computed by/) // prettier-ignore
  })
})

describe('tracing', () => {
  it('calls the function once for a signature, whatever is compiled', async () => {
    let calls = 0
    const f: TensorFunction = ({ x }) => ({ y: tf.mul(x!, ++calls) })
    const first = await compile(f, { x: [2] })
    const second = await compile(f, { x: [2] }, { threads: 1 })
    expect(calls).toBe(1)
    const other = await compile(f, { x: [3] })
    expect(calls).toBe(2)
    const double = await compile(f, { x: [2] }, { precision: 'float64' })
    expect(calls).toBe(3)
    expect(values((await second.run({ x: floats([2]) })).y)).toEqual(values(floats([2])))
    await Promise.all([first, second, other, double].map(e => e.dispose()))
  })

  it('reads nothing: the error names the function and the input, and says what to do', async () => {
    const readers: [string, TensorFunction][] = [
      ['dataSync', function branchy({ theta }) { return { y: tf.sum(theta!).dataSync()[0]! > 0 ? theta! : tf.neg(theta!) } }], // prettier-ignore
      ['arraySync', function branchy({ theta }) { return { y: tf.tensor(tf.exp(theta!).arraySync()) } }], // prettier-ignore
      ['the input itself', function branchy({ theta }) { return { y: tf.tensor(theta!.dataSync()) } }], // prettier-ignore
    ]
    for (const [, f] of readers)
      await expect(compile(f, { theta: [2] })).rejects.toThrow(
        /^branchy: reads the value .*'theta'.*use tensor operations/s,
      )
  })

  it('may read what depends on no input', async () => {
    const f: TensorFunction = ({ x }) => ({ y: tf.mul(x!, tf.add(tf.scalar(1), 2).dataSync()[0]!) })
    expect(await using(compile(f, { x: [1] }), async e => values((await e.run({ x: one(5) })).y))).toEqual([15])
  })

  it('restores the former backend, also after an error', async () => {
    await using(compile(square, { x: [1] }), () => Promise.resolve())
    expect(tf.getBackend()).toBe('cpu')
    await expect(compile(() => { throw new Error('mine') }, { x: [1] })).rejects.toThrow('mine') // prettier-ignore
    expect(tf.getBackend()).toBe('cpu')
    await tf.setBackend('onnx')
    await using(compile(square, { x: [1] }, { engine: 'cpu' }), e => e.run({ x: one(2) }))
    expect(tf.getBackend()).toBe('onnx')
  })

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors
    await using(compile(adamStep(mlp), { x: mlp.x, y: mlp.y }, { state: adamState(mlp) }), e => e.run({ x: floats(mlp.x), y: floats(mlp.y) })) // prettier-ignore
    await expect(compile(({ x }) => { tf.exp(x!); throw new Error('mine') }, { x: [1] })).rejects.toThrow('mine') // prettier-ignore
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('results', () => {
  it('may have the name of an input, be an input, be empty, be asked for twice, or depend on nothing', async () => {
    const f: TensorFunction = ({ x }) => {
      const y = tf.square(x!)
      return { x: y, same: x!, twice: y, none: tf.slice(x!, 0, 0), alone: tf.scalar(3), positive: tf.greater(x!, 0), rounded: tf.cast(x!, 'int32') } // prettier-ignore
    }
    await using(compile(f, { x: [2], unread: [4] }), async e => {
      const out = await e.run({ x: ndarray(new Float32Array([-3, 2]), [2]), unread: floats([4]) })
      expect(Object.fromEntries(Object.entries(out).map(([k, v]) => [k, values(v)]))).toEqual({
        x: [9, 4],
        same: [-3, 2],
        twice: [9, 4],
        none: [],
        alone: [3],
        positive: [0, 1],
        rounded: [-3, 2],
      })
      expect(e.outputs.positive).toEqual({ shape: [2], dtype: 'bool' })
      expect([out.alone!.shape, out.none!.shape]).toEqual([[], [0]])
    })
  })

  it('are right for views: strides, offsets, other orders', async () => {
    const base = floats([4, 6], 1) as ndarray.NdArray<Float32Array>
    const views = [base.transpose(1, 0), base.step(2, 3), base.lo(1, 2), base.hi(2, 6), base.pick(1), base.step(-1, 1)]
    for (const view of views)
      await using(compile(square, { x: view.shape }), async e => {
        const y = (await e.run({ x: view })).y as ndarray.NdArray<Float32Array>
        const index = view.shape.map(n => n - 1)
        expect(y.get(...index)).toBe(Math.fround(view.get(...index) ** 2))
        expect(y.get(...index.map(() => 0))).toBe(Math.fround(view.get(...index.map(() => 0)) ** 2))
      })
  })
})

describe('errors', () => {
  const rejection = (...args: Parameters<typeof compile>) => expect(compile(...args)).rejects

  it('name the function and what it should have returned', async () => {
    await rejection(({ x }) => ({ y: x! }), { x: [1] }, { state: { w: one(0) } }).toThrow(/state 'w' has no output of that name/) // prettier-ignore
    await rejection(({ w }) => ({ w: tf.concat([w!, w!]) }), {}, { state: { w: one(0) } }).toThrow(/state 'w' is float32 \[1\], its next value is float32 \[2\]/) // prettier-ignore
    await rejection(({ w }) => ({ w: tf.cast(w!, 'int32') }), {}, { state: { w: one(0) } }).toThrow(/its next value is int32/) // prettier-ignore
    const late = async ({ x }: Record<string, tf.Tensor>) => ({ y: tf.tensor(await tf.exp(x!).data()) })
    await rejection(late as unknown as TensorFunction, { x: [1] }).toThrow(/^late: is asynchronous/)
    await rejection((({ x }: Record<string, tf.Tensor>) => x) as unknown as TensorFunction, { x: [1] }).toThrow(/must return its outputs by name/) // prettier-ignore
    await rejection((({ x }: Record<string, tf.Tensor>) => [x]) as unknown as TensorFunction, { x: [1] }).toThrow(/must return its outputs by name/) // prettier-ignore
    await rejection((() => ({ y: 3 })) as unknown as TensorFunction, { x: [1] }).toThrow(/output 'y' is number, no tensor/) // prettier-ignore
    await rejection(() => ({}), { x: [1] }).toThrow(/returns no outputs/)
  })

  it('name the array, what it is and what was compiled', async () => {
    await using(
      compile(
        function f({ x, n }) {
          return { y: tf.add(x!, n!) }
        },
        { x: [2, 3], n: { shape: [3], dtype: 'int32' } },
      ),
      async e => {
        // prettier-ignore
        const n = ndarray(new Int32Array(3), [3])
        await expect(e.run({ x: floats([3, 2]), n })).rejects.toThrow("f: input 'x' is float32 [3, 2], compiled for float32 [2, 3]") // prettier-ignore
        await expect(e.run({ x: floats([2, 3]), n: floats([3]) })).rejects.toThrow("f: input 'n' is float32 [3], compiled for int32 [3]") // prettier-ignore
        await expect(e.run({ x: floats([2, 3]) })).rejects.toThrow("f: input 'n' (int32 [3]) is missing")
        await expect(e.run({ x: floats([2, 3]), n, m: n })).rejects.toThrow("f: input 'm' does not exist: x, n does")
        await expect(e.run({ x: [1, 2] as never, n })).rejects.toThrow("f: input 'x' is no ndarray")
        const wide = ndarray(new Uint16Array(3), [3])
        await expect(e.run({ x: floats([2, 3]), n: wide as never })).rejects.toThrow(/holds uint16 elements/)
      },
    )
    await using(compile(increment, { x: [1] }, { state: { w: one(0) } }), async e => {
      await expect(e.setState({})).rejects.toThrow(/state 'w' \(float32 \[1\]\) is missing/)
      await expect(e.setState({ w: floats([2]) })).rejects.toThrow(/state 'w' is float32 \[2\], compiled for float32 \[1\]/) // prettier-ignore
    })
  })

  it('name what is wrong in a signature or an option', async () => {
    await rejection(square, { x: [2, -1] }).toThrow(/shape of input 'x' must be a list of whole numbers/)
    await rejection(square, { x: 3 as never }).toThrow(/shape of input 'x'/)
    await rejection(square, { x: { shape: [1], dtype: 'float16' as never } }).toThrow(/input 'x' cannot be float16/)
    await rejection(square, { x: [1] }, { constants: { x: one(1) } }).toThrow(/'x' is given as input and as constant/)
    await rejection(square, { x: [1] }, { state: { w: [1] as never } }).toThrow(/state 'w' is no ndarray/)
    await rejection(square, { x: [1] }, { engine: 'torch' as never }).toThrow(/no engine 'torch'/)
    await rejection(square, { x: [1] }, { device: 'tpu' as never }).toThrow(/no device 'tpu'/)
    await rejection(square, { x: [1] }, { threads: 0 }).toThrow(/threads must be a whole number/)
    await rejection(square, { x: [1] }, { engine: 'cpu', worker: true }).toThrow(/runs in this thread/)
  })

  it('say that an executable has been disposed', async () => {
    for (const options of [{}, { worker: true }, { engine: 'cpu' as const }]) {
      const e = await compile(increment, { x: [1] }, { state: { w: one(0) }, ...options })
      const last = e.run({ x: one(1) })
      await Promise.all([e.dispose(), e.dispose()])
      expect(values((await last).before)).toEqual([0])
      for (const call of [() => e.run({ x: one(1) }), () => e.state(), () => e.setState({ w: one(1) })])
        await expect(call()).rejects.toThrow(/has been disposed: compile it again/)
      await e.dispose()
    }
  })

  it("are the function's own where it throws while it is run by tfjs", async () => {
    let calls = 0
    const f: TensorFunction = ({ x }) => {
      if (calls++ > 0) throw new Error('the second time')
      return square({ x: x! })
    }
    await using(compile(f, { x: [1] }, { engine: 'cpu' }), e => expect(e.run({ x: one(1) })).rejects.toThrow('the second time')) // prettier-ignore
  })

  it('NaN is a number like any other', async () => {
    expect(await using(compile(square, { x: [1] }), async e => values((await e.run({ x: one(NaN) })).y))).toEqual([NaN])
  })
})
