import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile, type TensorFunction } from '../../src/compile/index.js'
import { openRemoteRunner } from '../../src/compile/remote.js'
import { runModule } from './child.js'
import { adamState, adamStep, floats, mlp } from './steps.js'

/** Products of a square matrix with itself, `count` times; tanh keeps them bounded. */
const powers = (count: number): TensorFunction =>
  function powers({ a }) {
    let p = a!
    for (let i = 0; i < count; i++) p = tf.tanh(tf.matMul(p, a!))
    return { p }
  }
/** The same for children, whose prelude has `floats` and `compile`. */
const long = `
const n = 768
const powers = ({ a }) => {
  let p = a
  for (let i = 0; i < 40; i++) p = tf.tanh(tf.matMul(p, a))
  return { p }
}
const run = await compile(powers, { a: [n, n] }, { worker: true, threads: 1 })
const a = floats([n, n])
`

describe('a compiled function in a worker', () => {
  it('gives the same bytes as in this thread', async () => {
    const shapes = { x: mlp.x, y: mlp.y }
    const here = await compile(adamStep(mlp), shapes, { state: adamState(mlp), threads: 1 })
    const there = await compile(adamStep(mlp), shapes, { state: adamState(mlp), threads: 1, worker: true })
    for (let i = 0; i < 3; i++) {
      const batch = { x: floats(mlp.x, i), y: floats(mlp.y, i + 9) }
      expect(await there.run(batch)).toEqual(await here.run(batch))
    }
    expect(await there.state()).toEqual(await here.state())
    await Promise.all([here.dispose(), there.dispose()])
  })

  it('leaves inputs with the caller, and takes views of large memory', async () => {
    const e = await compile(({ x }) => ({ y: tf.neg(x!) }), { x: [2] }, { worker: true })
    const data = Float32Array.from({ length: 1000 }, (_, i) => i)
    const view = ndarray(data, [2], [1], 500)
    expect(Array.from((await e.run({ x: view })).y!.data)).toEqual([-500, -501])
    expect(data.length).toBe(1000)
    await e.dispose()
  })

  it('computes beside others, while timers of this thread go on', async () => {
    const n = 768
    const options = { worker: true, threads: 1 }
    const a = floats([n, n], 1, 0.1)
    const slow = await compile(powers(60), { a: [n, n] }, options)
    const quick = await compile(powers(1), { a: [4, 4] }, options)
    const order: string[] = []
    const start = performance.now()
    let last = start
    let [ticks, longest] = [0, 0]
    const timer = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      ticks++
    }, 10)
    const first = slow.run({ a }).then(() => order.push('slow'))
    await quick.run({ a: floats([4, 4]) })
    order.push('quick')
    await first
    clearInterval(timer)
    const elapsed = performance.now() - start
    // Asked for later and done before: they run at once. Were this thread blocked, one gap would be the whole run.
    expect(order).toEqual(['quick', 'slow'])
    expect(elapsed).toBeGreaterThan(100)
    expect(longest).toBeLessThan(elapsed / 2)
    expect(ticks).toBeGreaterThan(elapsed / 10 / 10)
    await Promise.all([slow.dispose(), quick.dispose()])
  })

  it('passes on errors of the engine with their message', async () => {
    const session = { device: 'cpu' as const }
    const program = { precision: 'float32' as const, inputs: {}, outputs: {}, state: {}, shapes: {}, session }
    await expect(openRemoteRunner({ ...program, bytes: new Uint8Array([1, 2, 3]) }, {})).rejects.toThrow(/protobuf|model/i) // prettier-ignore
  })

  it('passes on errors of a run, and goes on after', async () => {
    // An index out of range is an error of the engine while it runs.
    const f: TensorFunction = ({ x, i }) => ({ y: tf.gather(x!, i!) })
    const e = await compile(f, { x: [3], i: { shape: [1], dtype: 'int32' } }, { worker: true })
    const at = (i: number) => e.run({ x: floats([3]), i: ndarray(new Int32Array([i]), [1]) })
    await expect(at(7)).rejects.toThrow(/ind(ex|ices).*7/s)
    expect((await at(1)).y!.data[0]).toBe(floats([3]).data[1])
    await e.dispose()
  })

  it('takes bad input and NaN without hanging', async () => {
    const e = await compile(({ x }) => ({ y: tf.sqrt(x!) }), { x: [1] }, { worker: true })
    await expect(e.run({ x: floats([2]) })).rejects.toThrow(/input 'x' is float32 \[2\]/)
    expect((await e.run({ x: ndarray(new Float32Array([NaN]), [1]) })).y!.data[0]).toBeNaN()
    await e.dispose()
  })
})

describe('a process with compiled functions in workers', () => {
  it.each(['await run.dispose()', '// forgotten'])('ends by itself: %s', async last => {
    const { code, stdout, stderr } = await runModule(`${long}
      const small = await compile(({ x }) => ({ y: tf.square(x) }), { x: [2] }, { worker: true })
      console.log((await small.run({ x: floats([2]) })).y.data.length)
      ${last}
      ${last.replace('run', 'small')}
    `)
    expect(stderr.replace(/=+\s+Hi, looks like[^=]+=+\s+/, '')).toBe('')
    expect([code, stdout.trim()]).toEqual([0, '2'])
  })

  it('waits for a run that nobody has awaited', async () => {
    const { code, stdout } = await runModule(`${long}
      void run.run({ a }).then(() => console.log('done'))
    `)
    expect([code, stdout.trim()]).toEqual([0, 'done'])
  })

  it('handles SIGINT while a long run goes on', async () => {
    const { code, stdout } = await runModule(
      `${long}
      process.on('SIGINT', () => {
        console.log('caught')
        process.exit(7)
      })
      setTimeout(() => console.log('ready'), 20)
      for (let i = 0; i < 100; i++) await run.run({ a })
      console.log('done')
    `,
      { signal: 'SIGINT' },
    )
    expect([code, stdout.trim().split('\n')]).toEqual([7, ['ready', 'caught']])
  })
})
