/** tfjs-core's own tests of its operators, gradients, tensors and optimisers, on the lazy `onnx` backend. */
import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { expectedToFail, filesLeftOut, type Exclusion } from './excluded.js'

const root = `${process.cwd()}/node_modules/@tensorflow/tfjs-core/dist/`
/** What runs on a backend; the rest of tfjs-core's tests is about flags, files, platforms and utilities. */
const rooms =
  /^(ops\/.*|optimizers\/.*|gradients|tensor|variable|tape|buffer|globals|engine|debug_mode|profiler)_test\.js$/

type Body = (done?: unknown) => unknown

let path: readonly string[] = []
let total = 0
let passed = 0
const used = new Set<Exclusion>()

/** Jasmine's `describe`, which remembers where a test stands: vitest calls the bodies later, one after the other. */
function describeHere(name: string, body: () => void): void {
  const here = [...path, name]
  describe(name, () => {
    path = here
    body()
    path = here.slice(0, -1)
  })
}

/** Jasmine's `it`: a body that takes an argument calls it when done. */
function itHere(name: string, body: Body): void {
  const full = [...path, name].join(' > ')
  const excluded = expectedToFail.find(({ tests }) => tests.test(full))
  const run = async (): Promise<void> => {
    await (body.length === 0 ? body() : new Promise((resolve, reject) => void body(doneOf(resolve, reject))))
    if (!excluded) passed++
  }
  total++
  if (excluded) used.add(excluded)
  if (excluded) it.fails(name, run)
  else it(name, run)
}

const doneOf = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): object =>
  Object.assign(() => resolve(undefined), { fail: reject })

Object.assign(globalThis, { describe: describeHere, it: itHere, xit: it.skip })

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => rooms.test(file))
const leftOut = (file: string): boolean => filesLeftOut.some(({ tests }) => tests.test(file))

for (const file of files.filter(f => !leftOut(f)).sort())
  describe(file, async () => {
    path = [file.replace('_test.js', '')]
    await import(/* @vite-ignore */ root + file)
  })

describe('the list of exclusions', () => {
  it('names nothing that is not there', () => {
    expect(filesLeftOut.filter(({ tests }) => !files.some(file => tests.test(file)))).toEqual([])
    expect(expectedToFail.filter(exclusion => !used.has(exclusion))).toEqual([])
  })
})

afterAll(() => {
  console.log(`tfjs-core's operator tests on the onnx backend: ${passed} of ${total} pass`)
})
