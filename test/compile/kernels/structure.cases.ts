import { bools, floats, integers, of, vector, type Case, type Input } from './cases.js'

const kernel =
  (name: string, noGradient?: string) =>
  (inputs: Case['inputs'], attributes: Record<string, unknown> = {}): Case => ({
    kernel: name,
    inputs,
    attributes,
    ...(noGradient === undefined ? {} : { noGradient }),
  })

const integersToo = 'of integers'

/** Why tfjs' gradient cannot be compared. */
function reasons(name: string, axis: number | number[], x: Input): string | undefined {
  if (x.dtype !== 'float32') return integersToo
  return name === 'Prod' && axis === -1 ? "tfjs' gradient takes no negative axis" : undefined
}

function reductions(name: string, axisName: string, inputs: readonly Input[], noGradient?: string): Case[] {
  const axes: (number | number[])[] = [0, -1, [0, 1], [1, 2], [0, 1, 2]]
  return inputs.flatMap(x => [
    ...axes.flatMap(axis =>
      [false, true].map(keepDims =>
        kernel(name, reasons(name, axis, x) ?? noGradient)({ x }, { [axisName]: axis, keepDims }),
      ),
    ),
  ])
}

const numbers = [floats([2, 3, 4]), integers([2, 3, 4])]
const withNaN = of(vector([1, NaN, 3, 4, 5, 6, -Infinity, 2]), [2, 2, 2])
const threes = [...numbers, bools([2, 3, 4])]
const emptied = [
  [[0, 3], 0],
  [[2, 0], 1],
  [[2, 0], 0],
] as const
const nothing = (name: string, axisName: string, dtype: 'float32' | 'bool' = 'float32'): Case[] =>
  emptied.map(([shape, axis]) =>
    kernel(name, 'of nothing')({ x: { shape, dtype, values: [] } }, { [axisName]: axis, keepDims: false }),
  )
const scalar = (name: string, axisName: string): Case =>
  kernel(name, 'of a scalar')({ x: floats([]) }, { [axisName]: [], keepDims: false })

export const reductionCases: readonly Case[] = [
  ...['Sum', 'Prod', 'Mean'].flatMap(name => [...reductions(name, 'axis', threes), ...nothing(name, 'axis')]),
  ...['Sum', 'Mean'].map(name => scalar(name, 'axis')),
  ...reductions('Max', 'reductionIndices', [...numbers, withNaN], 'ties and NaN'),
  ...reductions('Max', 'reductionIndices', [floats([2, 3, 4])]),
  ...reductions('Min', 'axis', [...numbers, withNaN], 'ties and NaN'),
  ...reductions('Min', 'axis', [floats([2, 3, 4])]),
  ...nothing('Max', 'reductionIndices'),
  ...nothing('Min', 'axis'),
  ...['All', 'Any'].flatMap(name => reductions(name, 'axis', [bools([2, 3, 4]), bools([2, 2, 2], 5)], 'of truth')),
  ...['ArgMax', 'ArgMin'].flatMap(name => [
    ...[0, 1, 2, -1].flatMap(axis =>
      [...numbers, bools([2, 3, 4])].map(x => kernel(name, integersToo)({ x }, { axis })),
    ),
    kernel(name)({ x: vector([3, 1, 5, 5, 1, 5]) }, { axis: 0 }),
    kernel(name)({ x: vector([1, NaN, 5, 4, NaN, 0]) }, { axis: 0 }),
  ]),
  ...[[2, 3], [4], [2, 3, 4], [3, 1]].map(shape => kernel('Softmax')({ logits: floats(shape, -5, 5) }, { dim: -1 })),
  kernel('Softmax', 'overflow')({ logits: vector([1000, 0, -1000, 999]) }, { dim: 0 }),
]

const three = floats([2, 3, 4])
const all = [three, integers([2, 3, 4]), bools([2, 3, 4])]
/** The same case for each type; only floats have gradients. */
const each = (name: string, shape: readonly number[], attributes: Record<string, unknown>, input = 'x'): Case[] =>
  [floats(shape), integers(shape), bools(shape)].map(x =>
    kernel(name, x.dtype === 'float32' ? undefined : integersToo)({ [input]: x }, attributes),
  )

export const shapeCases: readonly Case[] = [
  ...[[6, 4], [24], [2, 3, 2, 2], [-1, 8]].flatMap(shape => each('Reshape', [2, 3, 4], { shape })),
  ...each('Reshape', [0, 3], { shape: [3, 0] }),
  ...[0, 1, -1, 3].flatMap(dim => each('ExpandDims', [2, 3, 4], { dim }, 'input')),
  ...each('ExpandDims', [], { dim: 0 }, 'input'),
  ...[
    [0, 1, 2],
    [2, 0, 1],
    [1, 0, 2],
    [2, 1, 0],
  ].flatMap(perm => each('Transpose', [2, 3, 4], { perm })),
  ...each('Transpose', [2, 0], { perm: [1, 0] }),
  ...each('Slice', [2, 3, 4], { begin: [0, 1, 2], size: [2, 1, 2] }),
  ...each('Slice', [2, 3, 4], { begin: [0, 1, 0], size: [-1, 0, 4] }),
  kernel('Slice', "tfjs' gradient takes no scalar")({ x: floats([]) }, { begin: [], size: [] }),
  ...strided([2, 3, 4], [0, 1, 1], [2, 3, 4], [1, 1, 2]),
  ...strided([2, 3, 4], [-1, 2, 3], [-3, 0, -5], [-1, -1, -2]),
  ...strided([2, 3, 4], [0, 1, 1], [2, 3, 4], [1, 1, 1], { shrinkAxisMask: 2 }),
  ...strided([2, 3, 4], [0, 0, 1], [0, 0, 3], [1, 1, 1], { beginMask: 1, endMask: 3, newAxisMask: 0 }),
  ...strided([2, 3, 4], [0, 1], [0, 3], [1, 1], { ellipsisMask: 1 }),
  ...strided([5], [4, 0], [1, 0], [-1, 1], { newAxisMask: 2 }),
  ...[[0], [1, 2], [-1], []].flatMap(dims => each('Reverse', [2, 3, 4], { dims })),
  ...each('Reverse', [], { dims: [] }),
  ...all.map(x => kernel('Concat', 'of lists')([x, x, x], { axis: 1 })),
  kernel('Concat', 'of lists')([floats([2, 3]), floats([2, 0]), floats([2, 1], -1, 1, 1)], { axis: 1 }),
  kernel('Concat', 'of lists')([floats([0, 3]), floats([0, 3])], { axis: 0 }),
  ...[0, 1, -1].flatMap(axis => all.map(x => kernel('Pack', 'of lists')([x, x], { axis }))),
  kernel('Pack', 'of lists')([floats([])], { axis: 0 }),
  ...each('SplitV', [2, 6], { numOrSizeSplits: 3, axis: 1 }),
  ...each('SplitV', [2, 6], { numOrSizeSplits: [1, 0, 5], axis: -1 }),
  ...each('Unpack', [2, 3, 4], { axis: 1 }, 'value'),
  ...each('Unpack', [2, 3, 4], { axis: -1 }, 'value'),
  ...each('Tile', [2, 3], { reps: [2, 3] }),
  ...each('Tile', [1, 3], { reps: [4, 1] }),
  ...each('Tile', [2, 3], { reps: [0, 1] }),
  ...each('PadV2', [2, 3], { paddings: [[1, 2], [0, 1]], constantValue: 0 }), // prettier-ignore
  ...each('PadV2', [2, 3], { paddings: [[0, 0], [1, 0]], constantValue: 1 }), // prettier-ignore
  ...each('PadV2', [0], { paddings: [[1, 2]], constantValue: 1 }),
  ...['reflect', 'symmetric'].flatMap(mode => each('MirrorPad', [3, 4], { paddings: [[2, 1], [0, 2]], mode })), // prettier-ignore
  ...each('SpaceToBatchND', [1, 4, 3, 2], { blockShape: [2, 2], paddings: [[0, 0], [1, 0]] }), // prettier-ignore
  ...each('SpaceToBatchND', [2, 5], { blockShape: [2], paddings: [[0, 1]] }),
  ...each('BatchToSpaceND', [4, 2, 2, 2], { blockShape: [2, 2], crops: [[0, 1], [1, 0]] }), // prettier-ignore
  ...each('BatchToSpaceND', [4, 3], { blockShape: [2], crops: [[1, 1]] }),
  ...each('DepthToSpace', [2, 2, 3, 8], { blockSize: 2, dataFormat: 'NHWC' }),
  ...[[3], [2, 2], [1]].flatMap(shape => each('Diag', shape, {})),
  kernel('LinSpace')({}, { start: -1, stop: 2, num: 7 }),
  kernel('LinSpace')({}, { start: 3, stop: 3, num: 1 }),
  kernel('Range')({}, { start: 0, stop: 5, step: 1, dtype: 'float32' }),
  kernel('Range')({}, { start: 5, stop: 0, step: 1, dtype: 'int32' }),
  kernel('Range')({}, { start: 5, stop: -2, step: -3, dtype: 'int32' }),
  kernel('Range')({}, { start: 0, stop: 1, step: 0.3, dtype: 'float32' }),
  kernel('Range')({}, { start: 2, stop: 2, step: 1, dtype: 'float32' }),
]

function strided(shape: number[], begin: number[], end: number[], strides: number[], masks: object = {}): Case[] {
  const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }
  return each('StridedSlice', shape, { begin, end, strides, ...none, ...masks })
}

const indices = (values: number[], shape: number[] = [values.length]): Input => of(vector(values, 'int32'), shape)

const gathers = [
  { x: [4, 3], i: indices([0, 3, 1, 1, 2]), axis: 0, batchDims: 0 },
  { x: [4, 3], i: indices([2, 0, 1, 1], [2, 2]), axis: 1, batchDims: 0 },
  { x: [4], i: indices([2], []), axis: 0, batchDims: 0 },
  { x: [4, 3], i: indices([]), axis: 0, batchDims: 0 },
] as const
const batched = [
  { x: [2, 3, 4], i: indices([0, 2, 1, 1], [2, 2]), axis: 1, batchDims: 1 },
  { x: [2, 3, 4], i: indices([0, 3, 1, 1, 0, 2], [2, 3]), axis: 2, batchDims: 1 },
  { x: [2, 3, 4], i: indices([0, 3, 1, 1, 0, 2], [2, 3]), axis: 2, batchDims: 2 },
] as const
const typed = (shape: readonly number[]): Input[] => [floats(shape), integers(shape), bools(shape)]

export const indexingCases: readonly Case[] = [
  ...[...gathers, ...batched].flatMap(
    ({ x, i, axis, batchDims }) =>
    typed(x).map(values => kernel('GatherV2', batchDims > 0 ? 'tfjs has it wrong for batches' : undefined)({ x: values, indices: i }, { axis, batchDims })), // prettier-ignore
  ),
  ...typed([4, 3]).flatMap(params => [
    kernel('GatherNd')({ params, indices: indices([0, 1, 3, 2, 0, 0], [3, 2]) }),
    kernel('GatherNd')({ params, indices: indices([3, 0], [2, 1]) }),
    kernel('GatherNd')({ params, indices: indices([], [0, 2]) }),
  ]),
  ...[floats([3, 2]), integers([3, 2])].flatMap(updates => [
    kernel('ScatterNd')({ indices: indices([4, 1, 1], [3, 1]), updates }, { shape: [5, 2] }),
    kernel('ScatterNd')({ indices: indices([4, 0, 1, 1, 1, 1], [3, 2]), updates }, { shape: [5, 3, 2] }),
  ]),
  kernel('ScatterNd')({ indices: indices([], [0, 1]), updates: floats([0, 2]) }, { shape: [3, 2] }),
  ...typed([5, 2]).flatMap(tensor => [
    kernel('TensorScatterUpdate')({ tensor, indices: indices([4, 1], [2, 1]), updates: { ...of(tensor, [2, 2]), values: tensor.values.slice(2, 6) } }), // prettier-ignore
    kernel('TensorScatterUpdate')({ tensor, indices: indices([0, 1, 0, 1], [2, 2]), updates: { ...of(tensor, [2]), values: [1, 0] } }), // prettier-ignore
  ]),
  ...typed([2]).map(sparseValues =>
    kernel('SparseToDense')(
      { sparseIndices: indices([3, 1]), sparseValues, defaultValue: { ...sparseValues, shape: [], values: [1] } },
      { outputShape: [5] },
    ),
  ),
  kernel('SparseToDense')(
    { sparseIndices: indices([0, 1, 1, 2], [2, 2]), sparseValues: floats([]), defaultValue: floats([], 0, 1, 3) },
    { outputShape: [2, 3] },
  ),
  ...(['float32', 'int32'] as const).flatMap(dtype => [
    kernel('OneHot')({ indices: indices([0, 2, -1, 5, 1]) }, { dtype, depth: 3, onValue: 1, offValue: 0 }),
    kernel('OneHot')({ indices: indices([0, 2, 1, 1], [2, 2]) }, { dtype, depth: 4, onValue: 5, offValue: -2 }),
    kernel('OneHot')({ indices: indices([]) }, { dtype, depth: 4, onValue: 1, offValue: 0 }),
  ]),
  kernel('OneHot')({ indices: indices([0, 2]) }, { dtype: 'bool', depth: 3, onValue: 1, offValue: 0 }),
  ...[[5], [5, 2], [5, 2, 3]].map(
    shape =>
    kernel('UnsortedSegmentSum')({ x: floats(shape), segmentIds: indices([0, 2, 0, 1, 2]) }, { numSegments: 4 }), // prettier-ignore
  ),
  kernel('UnsortedSegmentSum', integersToo)({ x: floats([4]), segmentIds: indices([0, -1, 7, 1]) }, { numSegments: 2 }),
  kernel('UnsortedSegmentSum', integersToo)({ x: floats([0, 2]), segmentIds: indices([]) }, { numSegments: 2 }),
  ...[floats([5]), integers([5]), floats([0])].map(weights =>
    kernel('Bincount')({ x: indices([0, 3, 3, 9, 1]), weights }, { size: 5 }),
  ),
  kernel('Bincount')({ x: indices([]), weights: floats([0]) }, { size: 3 }),
  ...[false, true].flatMap(binaryOutput => [
    kernel('DenseBincount')(
      { x: indices([0, 3, 3, 9, 1, 1], [2, 3]), weights: floats([0]) },
      { size: 5, binaryOutput },
    ),
    kernel('DenseBincount')({ x: indices([0, 3, 3, 9, 1, 1], [2, 3]), weights: floats([2, 3]) }, { size: 5, binaryOutput }), // prettier-ignore
  ]),
]

const scans = (name: string): Case[] =>
  [false, true].flatMap(exclusive =>
    [false, true].flatMap(reverse => [
      kernel(name)({ x: floats([2, 3, 7]) }, { axis: 2, exclusive, reverse }),
      ...[0, 1].map(
        axis =>
        kernel(name, "tfjs' gradient permutes the axes the wrong way")({ x: floats([2, 3, 7]) }, { axis, exclusive, reverse }), // prettier-ignore
      ),
      ...[integers([9]), bools([9])].map(x => kernel(name, integersToo)({ x }, { axis: 0, exclusive, reverse })),
      kernel(name)({ x: floats([1]) }, { axis: 0, exclusive, reverse }),
      kernel(name, 'of nothing')({ x: floats([2, 0]) }, { axis: 1, exclusive, reverse }),
    ]),
  )

export const scanCases: readonly Case[] = [
  ...['Cumsum', 'Cumprod'].flatMap(scans),
  ...[floats([2, 9]), integers([2, 9]), floats([5])].flatMap(x =>
    [0, 1, 3, 5].map(k => kernel('TopK')({ x }, { k, sorted: true })),
  ),
  ...['left', 'right'].flatMap(side => [
    kernel('SearchSorted')({ sortedSequence: of(vector([-1, 0, 0, 2, 3, 5]), [2, 3]), values: of(vector([0, -2, 3, 9]), [2, 2]) }, { side }), // prettier-ignore
    kernel('SearchSorted')({ sortedSequence: of(vector([1, 3, 3], 'int32'), [1, 3]), values: of(vector([3, 0, 4, 1], 'int32'), [1, 4]) }, { side }), // prettier-ignore
    kernel('SearchSorted')({ sortedSequence: floats([1, 0]), values: floats([1, 2]) }, { side }),
  ]),
]
