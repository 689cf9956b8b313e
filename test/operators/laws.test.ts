/** The laws over every registered operator, with and without times. */
import { describe, expect, it } from 'vitest'
import { checkOperator } from '../../src/operators/check.js'
import { composeOperators } from '../../src/operators/combine.js'
import { encodingsWith } from '../../src/operators/laws/encodings.js'
import { matrixOf } from '../../src/operators/linear.js'
import { noiseFrom } from '../../src/operators/noise-models/registry.js'
import { isLinear, shapeOfSpace, type MeasurementOperator, type OperatorSpec, type Space } from '../../src/operators/operator.js' // prettier-ignore
import { operatorFrom, operators } from '../../src/operators/registry.js'
import { advectionDiffusion } from '../../src/physics/advection-diffusion.js'
import { anywhere, combined, inTime, line, lineInTime, onLine, onPlane, plane, planeInTime, titleOf } from './kinds.js'

const size = (space: Space): number => shapeOfSpace(space).reduce((a, b) => a * b, 1)
const everywhere = (space: Space, local: readonly OperatorSpec[]): OperatorSpec[] => [
  ...local,
  ...anywhere(size(space)),
  ...combined(local[0]!, local[2]!, space.times && 'all'),
]
const timed = (list: readonly OperatorSpec[]): OperatorSpec[] =>
  list.map((spec, k) => ({ ...spec, time: ([0.6, 'all', 'last'] as const)[k % 3]! }))
const series = inTime.map(spec => ({ ...spec, points: (spec.points as number[]).map(x => [x, x / 2]) }))

const cases: readonly (readonly [string, Space, readonly OperatorSpec[]])[] = [
  ['a segment', line, everywhere(line, onLine)],
  ['a rectangle', plane, everywhere(plane, onPlane)],
  ['a segment in time', lineInTime, [...everywhere(lineInTime, timed(onLine)), ...inTime]],
  ['a rectangle in time', planeInTime, [...everywhere(planeInTime, timed(onPlane)), ...series]],
]

function assertLawful(A: MeasurementOperator): void {
  const noise = noiseFrom({ kind: 'gaussian', std: 0.1 }, A.outputShape)
  const results = checkOperator(A, { noise, encode: encodingsWith(noise) })
  expect(results.filter(({ status }) => status === 'fails')).toEqual([])
  const tried = results.filter(({ status }) => status === 'holds').map(({ law }) => law)
  expect(tried).toContain(isLinear(A) ? '<A x, v> = <x, A^T v>' : 'derivative')
  expect(tried).toContain('encodings')
}

for (const [place, space, specs] of cases)
  describe(`laws on ${place}`, () => {
    it.each(specs.map(spec => [titleOf(spec), spec] as const))('%s', (_, spec) => {
      const A = operatorFrom(spec, space)
      expect(A.inputShape).toEqual(shapeOfSpace(space))
      assertLawful(A)
    })
  })

it('every registered kind is among the cases', () => {
  const tried = new Set(cases.flatMap(([, , specs]) => specs.map(({ kind }) => kind)))
  expect(operators.list().filter(({ name }) => !tried.has(name))).toEqual([])
})

it('matrices from sparse rows, from columns and from rows agree', () => {
  for (const spec of [...onPlane, ...combined(onPlane[0]!, onPlane[2]!)]) {
    const A = operatorFrom(spec, plane)
    if (!isLinear(A)) continue
    const { rows, ...plain } = A
    expect(rows, titleOf(spec)).toBeDefined()
    const [sparse, dense] = [matrixOf(A), matrixOf(plain)]
    expect(sparse.shape).toEqual([A.outputShape.reduce((a, b) => a * b, 1), 48])
    sparse.data.forEach((value, k) => expect(value).toBeCloseTo(dense.data[k]!, 14))
  }
})

it('solution operators of the physics compose with every operator, and keep the laws', () => {
  const solver = advectionDiffusion({ grid: plane.grid, kappa: 0.1, sides: 'zero-flux', steps: 3, dt: 0.1 })
  for (const spec of onPlane) assertLawful(composeOperators(solver.map('initial'), operatorFrom(spec, plane)))
})
