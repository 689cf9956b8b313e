/** Kernels that run on the host, what tracing says of them, and kernels that are not there. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../src/compile/index.js'
import { hostKernels } from '../../../src/compile/kernels/host.js'
import { expectClose, on } from './agreement.js'

const ints = (values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32')
const points = (values: number[], columns: number): tf.Tensor2D => tf.tensor2d(values, [values.length / columns, columns], 'int32') // prettier-ignore
const words = (): tf.Tensor1D => tf.tensor1d(['a b', 'c', 'aa'], 'string')
const boxes = (): tf.Tensor2D => tf.tensor2d([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3]]) // prettier-ignore
const run = (kernel: string, inputs: Record<string, unknown>, attributes: object = {}): tf.Tensor[] => {
  const result: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(kernel, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap)
  return [result].flat()
}
const suppression = { maxOutputSize: 2, iouThreshold: 0.5, scoreThreshold: 0 }
const segments = (): Record<string, tf.Tensor> => ({
  data: tf.tensor2d([[1, 2], [3, 4], [5, 6]]), // prettier-ignore
  indices: ints([0, 2, 1]),
  segmentIds: ints([0, 0, 1]),
})
const scores = (): tf.Tensor1D => tf.tensor1d([0.9, 0.8, 0.7])

const cases: Readonly<Record<string, () => tf.Tensor[]>> = {
  BroadcastArgs: () => run('BroadcastArgs', { s0: ints([2, 1, 3]), s1: ints([5, 1]) }),
  Multinomial: () => run('Multinomial', { logits: tf.tensor2d([[0.2, 0.5, 0.3]]) }, { numSamples: 9, seed: 3, normalized: true }), // prettier-ignore
  NonMaxSuppressionV3: () => run('NonMaxSuppressionV3', { boxes: boxes(), scores: scores() }, suppression),
  NonMaxSuppressionV4: () => run('NonMaxSuppressionV4', { boxes: boxes(), scores: scores() }, { ...suppression, padToMaxOutputSize: true }), // prettier-ignore
  NonMaxSuppressionV5: () => run('NonMaxSuppressionV5', { boxes: boxes(), scores: scores() }, { ...suppression, softNmsSigma: 0.5 }), // prettier-ignore
  RaggedGather: () =>
    run('RaggedGather', { paramsNestedSplits: [ints([0, 2, 3])], paramsDenseValues: tf.tensor1d([1, 2, 3]), indices: ints([1, 0]) }, { outputRaggedRank: 1 }), // prettier-ignore
  RaggedRange: () => run('RaggedRange', { starts: ints([0, 2]), limits: ints([3, 4]), deltas: ints([1, 1]) }),
  RaggedTensorToTensor: () =>
    run('RaggedTensorToTensor', { shape: ints([2, 2]), values: tf.tensor1d([1, 2, 3]), defaultValue: tf.scalar(9), rowPartitionTensors: [ints([0, 2, 3])] }, { rowPartitionTypes: ['ROW_SPLITS'] }), // prettier-ignore
  SparseFillEmptyRows: () =>
    run('SparseFillEmptyRows', { indices: points([0, 0, 2, 1], 2), values: tf.tensor1d([1, 2]), denseShape: ints([4, 2]), defaultValue: tf.scalar(7) }), // prettier-ignore
  SparseReshape: () => run('SparseReshape', { inputIndices: points([0, 0, 1, 2], 2), inputShape: ints([2, 3]), newShape: ints([3, -1]) }), // prettier-ignore
  SparseSegmentMean: () => run('SparseSegmentMean', segments()),
  SparseSegmentSum: () => run('SparseSegmentSum', segments()),
  StaticRegexReplace: () => run('StaticRegexReplace', { x: words() }, { pattern: 'a', rewrite: 'z', replaceGlobal: true }), // prettier-ignore
  StringNGrams: () =>
    run('StringNGrams', { data: words(), dataSplits: ints([0, 2, 3]) }, { separator: '|', nGramWidths: [2], leftPad: 'L', rightPad: 'R', padWidth: -1, preserveShortSequences: false }), // prettier-ignore
  StringSplit: () => run('StringSplit', { input: words(), delimiter: tf.scalar(' ', 'string') }, { skipEmpty: true }),
  StringToHashBucketFast: () => run('StringToHashBucketFast', { input: words() }, { numBuckets: 10 }),
  Unique: () => run('Unique', { x: ints([3, 1, 3, 2]) }, { axis: 0 }),
}

describe('kernels on the host', () => {
  it('all have a case', () => {
    expect(Object.keys(cases).sort()).toEqual([...hostKernels].sort())
  })

  it.each(Object.entries(cases))('%s gives what tfjs gives', (_, f) => {
    expectClose(on('onnx', f), on('cpu', f), 0)
  })

  it('leave nothing behind', () => {
    const cpu = tf.engine().findBackend('cpu')
    const before = cpu.numDataIds()
    for (const f of Object.values(cases)) on('onnx', f)
    expect(cpu.numDataIds()).toBe(before)
  })

  it('cannot be traced, and say so', async () => {
    const f = ({ x }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({ y: tf.unique(x!).values })
    await expect(compile(f, { x: [4] })).rejects.toThrow(/Unique needs the values of its inputs.*'x'.*traced/s)
  })

  it('compute with strings whatever the kernel', () => {
    const joined = on('onnx', () => [tf.concat([words(), words()]), words().reshape([3, 1]), tf.fill([2], 'é')])
    expect(joined.map(r => r.values)).toEqual([
      ['a b', 'c', 'aa', 'a b', 'c', 'aa'],
      ['a b', 'c', 'aa'],
      ['é', 'é'],
    ])
  })
})

describe('a kernel that is not there', () => {
  it('is named, with what to do', () => {
    expect(() => on('onnx', () => tf.complex([1], [2]))).toThrow(/onnx backend has no kernel 'Complex'.*setBackend/s)
  })
})
