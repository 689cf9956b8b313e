import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { emit } from '../../src/compile/emit.js'
import { openSession } from '../../src/compile/session.js'
import { leaf, node, placeholder } from '../../src/compile/value.js'

const require = createRequire(import.meta.url)
const advice = 'onnxruntime-node changed its private binding: look at src/compile/session.ts before upgrading'

describe("onnxruntime-node's private binding", () => {
  it('is that of the one version that package.json asks for', () => {
    const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8')) as { version: string } // prettier-ignore
    const own = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }
    expect(own.dependencies['onnxruntime-node'], advice).toBe(version)
  })

  it('has the class and the methods that are used', () => {
    const binding = require('onnxruntime-node/dist/binding.js') as Record<string, unknown>
    expect(binding.initOrt, advice).toBeInstanceOf(Function)
    const { InferenceSession } = binding.binding as { InferenceSession: new () => object }
    expect(InferenceSession, advice).toBeInstanceOf(Function)
    const methods = Object.getOwnPropertyNames(InferenceSession.prototype)
    expect(methods, advice).toEqual(expect.arrayContaining(['loadModel', 'run', 'dispose', 'endProfiling']))
  })
})

describe('a session', () => {
  const x = placeholder('x', [3], 'float32', 'test')
  const two = leaf(new Float32Array([2, 2, 2]), [3], 'float32')
  const { bytes } = emit({ y: node('Mul', [x, two], [3], 'float32') })
  const given = (): ort.Tensor => new ort.Tensor('float32', new Float32Array([1, 2, 3]), [3])

  it('computes before it returns, into new memory', () => {
    const session = openSession(bytes)
    const { y } = session.run({ x: given() }, { y: null })
    expect(y, advice).toBeInstanceOf(ort.Tensor)
    expect(Array.from(y!.data as Float32Array), advice).toEqual([2, 4, 6])
    session.dispose()
  })

  it('computes into memory that it is given', () => {
    const session = openSession(bytes)
    const into = new Float32Array(3)
    session.run({ x: given() }, { y: new ort.Tensor('float32', into, [3]) })
    expect(Array.from(into), advice).toEqual([2, 4, 6])
    session.dispose()
  })

  it('is disposed once, and then says so', () => {
    const session = openSession(bytes)
    session.dispose()
    session.dispose()
    expect(() => session.run({ x: given() }, { y: null })).toThrow(/has been disposed/)
  })

  it('refuses bytes that are no model', () => {
    expect(() => openSession(new Uint8Array(100).fill(7))).toThrow(/protobuf|model/i)
  })
})
