/** Specifications: what is random, what is wrong with one, what files they name, what a listing shows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { writeHdf5 } from '../../src/io/hdf5-write.js'
import { writeNpy } from '../../src/io/npy.js'
import { loadOperator } from '../../src/operators/files.js'
import { registerOperator } from '../../src/operators/define.js'
import type { OperatorSpec } from '../../src/operators/operator.js'
import { drawOperator, operatorFrom, operatorListing } from '../../src/operators/registry.js'
import { key } from '../../src/random.js'
import { noise } from '../physics/problems.js'
import { line, plane, planeInTime } from './kinds.js'

const folder = mkdtempSync(join(tmpdir(), 'invdiff-operators-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('random operators', () => {
  const ranges: readonly OperatorSpec[] = [
    { kind: 'sensors', count: [8, 64] },
    { kind: 'mask', fraction: [0.1, 0.5] },
    { kind: 'block-mean', count: [2, 5], size: [0.1, 0.4] },
    { kind: 'blur', width: [0.05, 0.3], lattice: [4, 4] },
    { kind: 'line-integral', count: [3, 9] },
    { kind: 'line-integral', views: [2, 6], rays: 7 },
    { kind: 'fourier', count: [3, 7], max: 2 },
    {
      kind: 'compose',
      operators: [
        { kind: 'blur', width: 0.1 },
        { kind: 'sensors', count: [3, 9], margin: 0.2 },
      ],
    },
    {
      kind: 'stack',
      operators: [
        { kind: 'sensors', count: 3 },
        { kind: 'mask', cells: [1] },
      ],
    },
    { kind: 'scale', operator: { kind: 'sensors', count: [1, 4] }, factor: 2 },
    { kind: 'select', operator: { kind: 'sensors', count: 4 }, indices: [0, 3] },
  ]

  it.each(ranges.map(spec => [JSON.stringify(spec), spec] as const))('%s', (_, spec) => {
    expect(() => operatorFrom(spec, plane)).toThrow(/random/)
    const drawn = Array.from({ length: 20 }, (_, k) => drawOperator(spec, key(3, k), plane))
    const again = drawOperator(spec, key(3, 7), plane)
    expect(again).toEqual(drawn[7])
    expect(JSON.parse(JSON.stringify(again))).toEqual(again) // plain JSON
    expect(new Set(drawn.map(d => JSON.stringify(d))).size).toBeGreaterThan(10)
    for (const concrete of drawn) {
      expect(drawOperator(concrete, key(9), plane)).toBe(concrete)
      const A = operatorFrom(concrete, plane)
      expect(A.apply(noise(A.inputShape, 'x')).data.every(Number.isFinite)).toBe(true)
    }
  })

  it('draw every number of the range, and points over the whole domain', () => {
    const drawn = Array.from({ length: 200 }, (_, k) => drawOperator({ kind: 'sensors', count: [2, 5] }, key(1, k), plane).points as number[][]) // prettier-ignore
    expect([...new Set(drawn.map(points => points.length))].sort()).toEqual([2, 3, 4, 5])
    const xs = drawn.flat().map(([x]) => x! / 1.5)
    // The mean of n uniform numbers has the standard deviation 1 / sqrt(12 n); five of them.
    expect(Math.abs(xs.reduce((s, x) => s + x, 0) / xs.length - 0.5)).toBeLessThan(5 / Math.sqrt(12 * xs.length))
    expect([Math.min(...xs) < 0.02, Math.max(...xs) > 0.98]).toEqual([true, true])
  })

  it('see chords, lengths and shares as stated', () => {
    const chords = drawOperator({ kind: 'line-integral', count: 200 }, key(1), plane).segments as number[][][]
    const onSide = ([x, y]: number[]): boolean => [x, 1.5 - x!, y, 1 - y!].some(d => Math.abs(d!) < 1e-12)
    expect(chords.flat().every(onSide)).toBe(true)
    expect((drawOperator({ kind: 'mask', fraction: 0.25 }, key(1), plane).cells as number[]).length).toBe(12)
    const series = drawOperator({ kind: 'sensor-series', count: 3, times: [0.5] }, key(1), planeInTime)
    expect(operatorFrom(series, planeInTime).outputShape).toEqual([3, 1])
    const blocks = drawOperator({ kind: 'block-mean', count: 1, size: 5 }, key(1), plane)
    expect(operatorFrom(blocks, plane).apply(array(new Float64Array(48).fill(2), [6, 8])).data[0]).toBeCloseTo(2, 13)
  })
})

describe('what is wrong is said with its place', () => {
  it.each<[OperatorSpec, string]>([
    [{ kind: 'sensor' }, "operator.kind: unknown operator 'sensor'; did you mean 'sensors'?"],
    [{} as OperatorSpec, 'operator.kind is missing; kinds: sensors,'],
    [{ kind: 'sensors' }, 'operator: points is missing (places'],
    [{ kind: 'sensors', point: [[0, 0]] }, "operator: unknown parameter 'point'; did you mean 'points'?"],
    [{ kind: 'sensors', points: [[0, 0], [0, 'x']] }, "operator.points[1][1] = \"x\"; wants a number"], // prettier-ignore
    [{ kind: 'sensors', points: [] }, 'operator.points = []; wants a list of at least 1'],
    [{ kind: 'sensors', points: [[0, 2]] }, 'operator.points[0] = [0, 2] is no point of [0, 1.5] x [0, 1]'],
    [{ kind: 'sensors', points: [[0, 0]], time: 0.5 }, 'operator.time = 0.5, but the field is given at one time only'],
    [{ kind: 'sensor-series', points: [[0, 0]] }, 'observes a field in time, but this one has no times: use sensors'],
    [{ kind: 'mask', cells: [48] }, 'operator.cells[0] = 48; the grid [6, 8] has cells 0 to 47'],
    [{ kind: 'mask' }, 'operator: a mask has either cells or observed'],
    [{ kind: 'mask', observed: [true] }, 'operator.observed has 1 entries; the grid [6, 8] has 48'],
    [{ kind: 'blur', width: -1 }, 'operator.width = -1; wants a number above 0'],
    [{ kind: 'blur', width: 9 }, 'operator.width = 9 is wider than the domain, 1.5'],
    [{ kind: 'blur', width: 0.1, boundary: 'miror' }, "operator.boundary = \"miror\"; wants 'mirror' or 'periodic'"], // prettier-ignore
    [{ kind: 'block-mean', footprints: [[[0.5, 0.5], [0.5, 0.7]]] }, 'operator.footprints[0]: from 0.5 to 0.5 along axis 0 is empty'], // prettier-ignore
    [{ kind: 'line-integral', angles: 3 }, 'has either segments, or angles and offsets'],
    [{ kind: 'line-integral', segments: [[[0, 0], [0, 0]]] }, 'operator.segments[0] has no length'], // prettier-ignore
    [{ kind: 'fourier', waves: [[4, 0]] }, 'operator.waves[0] = [4, 0]; wants one integer for each axis, at most half'],
    [{ kind: 'flux', segments: [[[0, 0], [1, 1]]], velocity: ['1 +', 0] }, 'ends too early'], // prettier-ignore
    [{ kind: 'flux', segments: [[[0, 0], [1, 1]]], velocity: [1] }, 'operator.velocity has 1 components; the grid has 2 axes'], // prettier-ignore
    [{ kind: 'matrix', values: [[1, 2]] }, 'operator.values is [1, 2]; the input [6, 8] has 48 values'],
    [{ kind: 'matrix', values: [[1, 2], [1]] }, 'operator.values[1] has 1 entries, the rows before it 2'], // prettier-ignore
    [{ kind: 'matrix', file: 'H.npy' }, "operator.file = 'H.npy' has not been read: take loadOperator"],
    [{ kind: 'expression', formula: 'd^2' }, 'unknown name "d"'],
    [{ kind: 'stack', operators: [{ kind: 'mask', cells: [0] }, { kind: 'blur' }] }, 'operator.operators[1]: width is missing'], // prettier-ignore
    [{ kind: 'stack', operators: [{ cells: [0] }] }, 'operator.operators[0]: kind is missing'],
    [
      { kind: 'scale', operator: { kind: 'mask', cells: [0] }, factor: 'two' },
      'operator.factor = "two"; wants a number',
    ],
    [{ kind: 'sensors', count: [1, 2] }, 'operator is a random sensors, not one: draw it first'],
  ])('%j', (spec, message) => {
    expect(() => operatorFrom(spec, plane)).toThrow(message)
  })

  it.each<[OperatorSpec, string]>([
    [{ kind: 'sensors', count: [9, 2] }, 'operator.count = [9, 2] is empty; the low end comes first'],
    [{ kind: 'sensors', count: 0 }, 'operator.count = 0; wants an integer from 1'],
    [{ kind: 'sensors', count: 3, margn: 1 }, "unknown parameter 'margn'; did you mean 'margin'?"],
    [{ kind: 'mask', fraction: 2 }, 'operator.fraction = 2; a share is at most 1'],
    [{ kind: 'line-integral', views: 3 }, 'either count, or views and rays'],
    [{ kind: 'fourier', count: 90, max: 1 }, 'operator.count = 90; there are 5 waves up to 1'],
    [
      { kind: 'stack', operators: [{ kind: 'sensors', count: [3, 1] }] },
      'operator.operators[0].count = [3, 1] is empty',
    ],
  ])('drawing %j', (spec, message) => {
    expect(() => drawOperator(spec, key(1), plane)).toThrow(message)
  })
})

describe('files', () => {
  const values = noise([3, 14], 'H')

  it('of matrices are read, in NPY and in HDF5, also inside combinations', async () => {
    await writeNpy(join(folder, 'H.npy'), values)
    await writeHdf5(join(folder, 'H.h5'), { H: values, other: values })
    const x = noise([14], 'x')
    const direct = operatorFrom({ kind: 'matrix', values }, line).apply(x)
    const expected = [0, 1, 2].map(i => x.data.reduce((s, v, j) => s + v * values.get(i, j), 0))
    expected.forEach((value, i) => expect(direct.data[i]).toBeCloseTo(value, 13))
    const npy = await loadOperator({ kind: 'matrix', file: 'H.npy' }, line, folder)
    expect(npy.apply(x).data).toEqual(direct.data)
    const scaled = { kind: 'scale', operator: { kind: 'matrix', file: 'H.h5', dataset: 'H', shape: [3, 1] }, factor: 2 }
    const hdf5 = await loadOperator(scaled, line, folder)
    expect([...hdf5.apply(x).data]).toEqual([...direct.data].map(v => 2 * v))
    await expect(loadOperator({ kind: 'matrix', file: 'no.npy' }, line, folder)).rejects.toThrow('no.npy')
  })

  it("of users' own operators are a kind by their path", async () => {
    writeFileSync(
      join(folder, 'mine.ts'),
      `import { defineOperator, itemwise, type Space } from 'invdiff'
       export default defineOperator(({ grid }: Space) => ({
         name: 'total', inputShape: grid.shape, outputShape: [1],
         apply: itemwise(grid.shape, [1], (x, y) => { y[0] = x.reduce((a, b) => a + b, 0) }),
         adjoint: itemwise([1], grid.shape, (y, x) => void x.fill(y[0]!)),
       }))`,
    )
    const spec = { kind: 'compose', operators: [{ kind: 'blur', width: 0.2 }, { kind: './mine.ts' }] }
    const ones = array(new Float64Array(48).fill(1), [6, 8])
    const [A, again] = [await loadOperator(spec, plane, folder), await loadOperator(spec, plane, folder)]
    expect(A.apply(ones).data[0]).toBeCloseTo(48, 12)
    expect(again.apply(ones).data).toEqual(A.apply(ones).data)
  })

  it('need not be: an operator may be registered under a name', () => {
    const total = { name: 'total', inputShape: [14], outputShape: [1], apply: () => array(new Float64Array(1)) }
    registerOperator('my-total', total)
    expect(operatorFrom({ kind: 'my-total' }, line)).toBe(total)
    expect(() => operatorFrom({ kind: 'my-total' }, plane)).toThrow("operator ('my-total') takes [14], but the field is [6, 8]") // prettier-ignore
    expect(() => registerOperator('my-total', total)).toThrow("operator 'my-total' is already registered")
    expect(() => registerOperator('sensors', total)).toThrow('already registered')
  })
})

it('lists every kind with a JSON schema that its own defaults obey', () => {
  const listing = operatorListing()
  expect(listing.length).toBeGreaterThan(15)
  for (const { name, description, parameters } of listing) {
    expect(description.length, name).toBeGreaterThan(10)
    expect(parameters).toMatchObject({ type: 'object', additionalProperties: false })
    for (const [field, schema] of Object.entries(parameters.properties as Record<string, { description: string }>))
      expect(schema.description.length, `${name}.${field}`).toBeGreaterThan(5)
  }
  expect(JSON.parse(JSON.stringify(listing))).toEqual(listing)
})
