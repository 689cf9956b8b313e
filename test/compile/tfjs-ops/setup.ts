/**
 * What tfjs-core's own tests, written for Jasmine, need of vitest; and the `onnx` backend as the one that they test.
 * Here `@tensorflow/*` resolves to the ES modules in those packages' `dist` folders (vitest.config.ts), as in the tests.
 */
import '@tensorflow/tfjs-backend-cpu'
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js'
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { expect, vi, type Mock } from 'vitest'
import { BACKEND, registerBackend } from '../../../src/compile/backend.js'

registerBackend()
setTestEnvs([{ name: BACKEND, backendName: BACKEND, isDataSync: true }])

expect.extend({
  nothing: () => ({ pass: true, message: () => '' }),
  toBeTrue: (value: unknown) => ({ pass: value === true, message: () => `expected true, got ${String(value)}` }),
  toBeFalse: (value: unknown) => ({ pass: value === false, message: () => `expected false, got ${String(value)}` }),
})

type Method = (...args: unknown[]) => unknown

/** Jasmine's spy: silent until told otherwise, and there until its file ends. */
function spyOn(object: Record<string, Method>, name: string): Mock {
  const original = object[name]!.bind(object)
  const spy = vi.spyOn(object, name).mockClear()
  spy.mockImplementation(() => undefined)
  const and = {
    callThrough: () => spy.mockImplementation(original),
    callFake: (f: Method) => spy.mockImplementation(f),
    returnValue: (value: unknown) => spy.mockReturnValue(value),
  }
  const calls = { count: () => spy.mock.calls.length, first: () => ({ args: spy.mock.calls[0] }) }
  return Object.assign(spy, { and, calls })
}

Object.assign(globalThis, {
  jasmine: {
    DEFAULT_TIMEOUT_INTERVAL: 0,
    arrayWithExactContents: (xs: unknown[]): unknown => expect.toSatisfy(sameContents(xs)),
  },
  expectAsync: (promise: Promise<unknown>) => ({
    toBeRejectedWithError: (message: string | RegExp) => expect(promise).rejects.toThrow(message),
  }),
  spyOn,
})

const sameContents =
  (expected: readonly unknown[]) =>
  (actual: readonly unknown[]): boolean =>
    actual.length === expected.length && expected.every(x => actual.includes(x))
