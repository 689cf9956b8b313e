/**
 * Native memory, seen from outside: resident memory after some rounds and after many more. glibc keeps freed blocks of up
 * to 32 MiB (its largest mmap threshold) for later use, so that much may come and go; what leaks is several times that.
 */
import { describe, expect, it } from 'vitest'
import { valueOf } from './child.js'

const MiB = 2 ** 20
const tolerance = 32 * MiB

const measure = (first: number, last: number): string => `
  const rss = () => { for (let i = 0; i < 3; i++) gc(); return process.memoryUsage.rss() }
  let before = 0
  for (let i = 1; i <= ${last}; i++) {
    await round(i)
    if (i === ${first}) before = rss()
  }
  console.log(JSON.stringify({ before, after: rss() }))
`
const grown = async (source: string, first: number, last: number): Promise<number> => {
  const { before, after } = await valueOf<{ before: number; after: number }>(source + measure(first, last), {
    flags: ['--expose-gc'],
  })
  console.log(`rounds ${first} to ${last}: ${(before / MiB).toFixed(0)} to ${(after / MiB).toFixed(0)} MiB`)
  return after - before
}

/** Each round holds 1 MiB of weights in its graph and as much again as state, twice. */
const compiled = (options: string): string => `
  const [w, x] = [floats([512, 512]), floats([8, 512])]
  const round = async () => {
    const f = ({ x, w, s }) => ({ y: tf.tanh(tf.matMul(x, w)), s: tf.add(s, 1) })
    const e = await compile(f, { x: [8, 512] }, { constants: { w }, state: { s: w }, ${options} })
    await e.run({ x })
    await e.dispose()
  }
`

describe('resident memory does not grow', () => {
  it('over a hundred rounds of compile, run and dispose', async () => {
    expect(await grown(compiled('threads: 1'), 30, 130)).toBeLessThan(tolerance)
  })

  it('over as many rounds in worker threads as would show', async () => {
    expect(await grown(compiled('threads: 1, worker: true'), 6, 18)).toBeLessThan(tolerance)
  })

  it('over a hundred graphs of lazy evaluation, each another one, of which 64 are kept', async () => {
    const lazy = `
      await tf.setBackend('onnx')
      const round = i => tf.tidy(() => {
        const shape = [200 + i, Math.round(2 ** 18 / (200 + i))]
        const x = tf.tensor(new Float32Array(shape[0] * shape[1]).fill(0.5), shape)
        return tf.sum(tf.mul(tf.exp(x), tf.tanh(x))).dataSync()
      })
    `
    expect(await grown(lazy, 80, 200)).toBeLessThan(tolerance)
  })

  it('over a loop of lazy evaluation that reads nothing', async () => {
    const unread = `
      await tf.setBackend('onnx')
      const w = tf.variable(tf.fill([256, 256], 1e-3))
      const round = i => tf.tidy(() => w.assign(tf.tanh(tf.add(tf.matMul(w, w), i % 7))))
    `
    expect(await grown(unread, 3000, 9000)).toBeLessThan(tolerance)
  })
})
