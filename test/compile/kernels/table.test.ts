/**
 * The kernel table against tfjs' `cpu` backend: the same laws for every row. A new kernel needs a case (*.cases.ts).
 */
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../src/compile/index.js'
import { elementwiseKernels } from '../../../src/compile/kernels/elementwise.js'
import { indexingKernels } from '../../../src/compile/kernels/indexing.js'
import { reductionKernels } from '../../../src/compile/kernels/reduction.js'
import { scanKernels } from '../../../src/compile/kernels/scan.js'
import { shapeKernels } from '../../../src/compile/kernels/shape.js'
import { on, type Result } from './agreement.js'
import { floats, type Case, type Input } from './cases.js'
import { elementwiseCases } from './elementwise.cases.js'
import { indexingCases, reductionCases, scanCases, shapeCases } from './structure.cases.js'

const rooms = [
  { name: 'elementwise', table: elementwiseKernels, cases: elementwiseCases },
  { name: 'reduction', table: reductionKernels, cases: reductionCases },
  { name: 'shape', table: shapeKernels, cases: shapeCases },
  { name: 'indexing', table: indexingKernels, cases: indexingCases },
  { name: 'scan', table: scanKernels, cases: scanCases },
]

/** Kernels that ONNX Runtime's CPU engine computes in single precision only. */
const refusedInDouble = new Set(['Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Atan2', 'Erf']) // prettier-ignore

const tensorOf = ({ values, shape, dtype }: Input): tf.Tensor => tf.tensor([...values], [...shape], dtype)
const inputsOf = (c: Case): [string, Input][] => Object.entries(c.inputs)

/** Runs the kernel on tensors in the order of the case's inputs. */
function run(c: Case, tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const inputs = Array.isArray(c.inputs)
    ? [...tensors]
    : Object.fromEntries(inputsOf(c).map(([name], i) => [name, tensors[i]!]))
  const result: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(c.kernel, inputs as tf.NamedTensorMap, { ...c.attributes } as tf.NamedAttrMap)
  return [result].flat()
}

/** Gradients of the first output by the float inputs, which the case's other inputs accompany. */
function gradients(c: Case, tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const variable = tensors.map((t, i) => (t.dtype === 'float32' ? i : -1)).filter(i => i >= 0)
  const f = (...xs: tf.Tensor[]): tf.Tensor => {
    const all = tensors.map((t, i) => xs[variable.indexOf(i)] ?? t)
    return run(c, all)[0]!
  }
  const y = f(...variable.map(i => tensors[i]!))
  const dy = tensorOf(floats(y.shape, -1, 1, 9))
  return tf.grads(f)(variable.map(i => tensors[i]!), dy) // prettier-ignore
}

const hasGradient = (c: Case): boolean =>
  c.noGradient === undefined &&
  (tf.getGradient(c.kernel) as unknown) !== undefined &&
  inputsOf(c).some(([, { dtype }]) => dtype === 'float32')

/**
 * Within `absolute` plus `relative` times the number. The default is 8 roundings of float32 (2^-24) of results of size 1:
 * libraries of functions are good to a few units in the last place, and the sums here have tens of terms.
 */
function expectNear(
  actual: readonly Result[],
  expected: readonly Result[],
  { absolute = 5e-7, relative = 5e-7 },
): void {
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  )
  expected.forEach(({ values }, i) =>
    values.forEach((e, k) => {
      const a = actual[i]!.values[k]!
      const near = Object.is(a, e) || Math.abs(a - e) <= absolute + relative * Math.abs(e)
      if (!near) expect.fail(`output ${i}, element ${k}: ${a} instead of ${e}`)
    }),
  )
}

const title = (c: Case): string => {
  const shapes = inputsOf(c).map(([name, { shape, dtype }]) => `${name} ${dtype} [${shape.join(', ')}]`)
  return [...shapes, JSON.stringify(c.attributes ?? {})].join(', ')
}

describe.each(rooms)('$name', ({ table, cases }) => {
  it('every kernel has a case, and every case a kernel', () => {
    expect([...new Set(cases.map(c => c.kernel))].sort()).toEqual(Object.keys(table).sort())
  })

  describe.each(Object.keys(table))('%s', kernel => {
    const own = cases.filter(c => c.kernel === kernel)

    it.each(own.map(c => [title(c), c] as const))('%s', (_, c) => {
      const f = (): tf.Tensor[] => run(c, inputsOf(c).map(([, input]) => tensorOf(input))) // prettier-ignore
      expectNear(on('onnx', f), on('cpu', f), c)
    })

    const differentiable = own.filter(hasGradient)
    it.runIf(differentiable.length > 0)('gradients', () => {
      for (const c of differentiable) {
        const f = (): tf.Tensor[] => gradients(c, inputsOf(c).map(([, input]) => tensorOf(input))) // prettier-ignore
        expectNear(on('onnx', f), on('cpu', f), { absolute: 2e-6, relative: 2e-6 })
      }
    })

    it('compiled, in single and in double precision', async () => {
      const c = own[0]!
      const expected = on('cpu', () => run(c, inputsOf(c).map(([, input]) => tensorOf(input)))) // prettier-ignore
      const single = await compiled(c, 'float32')
      expectNear(single, expected, c)
      if (refusedInDouble.has(kernel)) await expect(compiled(c, 'float64')).rejects.toThrow()
      else expectNear(await compiled(c, 'float64'), expected, { absolute: 1e-5, relative: 1e-5 })
    })
  })
})

/** The case as a compiled function. */
async function compiled(c: Case, precision: 'float32' | 'float64'): Promise<Result[]> {
  const entries = inputsOf(c).map(([name, input]) => [`in_${name}`, input] as const)
  const f = (given: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    Object.fromEntries(run(c, entries.map(([name]) => given[name]!)).map((t, i) => [`out_${i}`, t])) // prettier-ignore
  const signature = Object.fromEntries(entries.map(([name, { shape, dtype }]) => [name, { shape, dtype }]))
  const executable = await compile(f, signature, { precision })
  try {
    const types = { float32: Float64Array, int32: Int32Array, bool: Uint8Array }
    const arrays = entries.map(([name, { values, shape, dtype }]) => [
      name,
      ndarray(types[dtype].from(values) as Float64Array, [...shape]),
    ])
    const results = await executable.run(Object.fromEntries(arrays) as Record<string, ndarray.NdArray<Float64Array>>)
    return Object.entries(results).map(([name, { data, shape }]) => ({
      shape,
      dtype: executable.outputs[name]!.dtype,
      values: Array.from(data),
    }))
  } finally {
    await executable.dispose()
  }
}
