/**
 * Native memory, seen from outside: resident memory after some rounds and after many more. glibc keeps freed blocks of up
 * to 32 MiB (its largest mmap threshold) for later use, in each of the arenas that two threads fill, so that much may come
 * and go; a leak of one buffer in each of a hundred rounds is twice that.
 */
import { describe, expect, it } from 'vitest'
import { valueOf } from '../compile/child.js'

const MiB = 2 ** 20
const tolerance = 64 * MiB

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

  it('over two hundred graphs of lazy evaluation, each another one, of which 64 are kept', async () => {
    const lazy = `
      await tf.setBackend('onnx')
      const round = i => tf.tidy(() => {
        let x = tf.tensor(new Float32Array(100 + i), [100 + i])
        for (let k = 0; k < 50; k++) x = tf.tanh(tf.add(x, tf.exp(x)))
        return tf.sum(x).dataSync()
      })
    `
    expect(await grown(lazy, 100, 300)).toBeLessThan(tolerance)
  })
})
