/** Problems: what `defineProblem` refuses, and that those that are shipped are what they say at any size. */
import { describe, expect, it } from 'vitest'
import { array } from '../src/io/array.js'
import { isLinear, shapeOfSpace } from '../src/operators/operator.js'
import { operatorFrom } from '../src/operators/registry.js'
import { heat } from '../src/physics/advection-diffusion.js'
import { gaussianField } from '../src/physics/gaussian-field.js'
import { cellGrid } from '../src/physics/grid.js'
import { defineProblem, type Problem, type ProblemDefinition, type ProblemParts } from '../src/problem.js'
import { derive, key, normal } from '../src/random.js'
import { solvableProblems } from '../src/run/problems.js'
import { defaultParameters, drawParameters, drawSetting } from '../src/run/setting.js'

const rod = (shape: readonly number[]): ProblemParts => {
  const grid = cellGrid(shape)
  const kappa = { describe: 'diffusivity', units: 'm^2/s', low: 0.1, high: 0.2, default: 0.1 }
  return {
    unknown: { name: 'temperature at the start', units: 'K', grid },
    prior: gaussianField({ grid, boundary: 'neumann', length: 0.2 }),
    physics: {
      parameters: { kappa },
      solve: ({ kappa }) => heat({ grid, kappa: kappa!, dt: 0.01, steps: 4, sides: 'zero-flux' }).map('initial'),
    },
    state: { name: 'temperature', units: 'K', grid },
    operators: [{ name: 'sensors', spec: { kind: 'sensors', count: 3 } }],
    noise: { describe: 'noise', units: 'K', low: 0.1, high: 0.1, default: 0.1 },
  }
}
const definition: ProblemDefinition = {
  name: 'rod',
  title: 'A rod',
  describe: 'It cools.',
  shape: [8],
  build: rod,
}

/** The same with one leaf replaced, by its path. */
function changed<T>(value: T, path: readonly (string | number)[], leaf: unknown): T {
  const [head, ...rest] = path
  if (head === undefined) return leaf as T
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string | number, unknown>
  copy[head] = changed(copy[head], rest, leaf)
  return copy as T
}

describe('defineProblem', () => {
  it('gives a problem that builds, with held-out cases of its own', () => {
    const problem = defineProblem(definition)
    expect(problem.build([8]).unknown.grid.shape).toEqual([8])
    expect(problem.test.count).toBeGreaterThan(0)
  })

  const wrong: readonly (readonly [path: (string | number)[], value: unknown, says: RegExp])[] = [
    [['name'], '', /problem '': name is "".*a text/],
    [['title'], 3, /title is 3/],
    [['shape'], [8, 0], /shape is \[8,0\].*positive integers/],
    [['build'], 'later', /build is "later".*a function/],
    [['test'], { seed: -1, count: 3 }, /test\.seed is -1/],
    [['test'], { seed: 1, count: 0 }, /test\.count is 0/],
    [['shpae'], [8], /shpae is undefined.*no such field; fields are name, title/],
  ]
  it.each(wrong)('names the field %j at once', (path, value, says) => {
    expect(() => defineProblem(changed(definition, path, value))).toThrow(says)
    expect(() => defineProblem(changed(definition, path, value))).toThrow(TypeError)
  })

  const wrongParts: readonly (readonly [path: (string | number)[], value: unknown, says: RegExp])[] = [
    [['unknown'], null, /unknown is null; wants an object/],
    [['unknown', 'grid'], cellGrid([9]), /unknown\.grid\.shape is \[9\].*asked for, \[8\]/],
    [['unknown', 'units'], '', /unknown\.units is "".*mathjs/],
    [['state', 'name'], undefined, /state\.name is undefined/],
    [['prior', 'sample'], 3, /prior\.sample .*a function/],
    [['physics', 'solve'], null, /physics\.solve .*a function/],
    [['physics', 'parameters', 'kappa', 'low'], NaN, /physics\.parameters\.kappa\.low is NaN.*a number/],
    [['physics', 'parameters', 'kappa', 'high'], 0.05, /physics\.parameters\.kappa\.high is 0\.05.*from 0\.1/],
    [['physics', 'parameters', 'kappa', 'default'], 3, /physics\.parameters\.kappa\.default is 3.*from 0\.1 to 0\.2/],
    [['physics', 'parameters', 'kappa', 'units'], 3, /physics\.parameters\.kappa\.units is 3/],
    [['noise', 'low'], 0, /noise\.low is 0.*positive/],
    [['noise'], 'little', /noise is "little"/],
    [['operators'], [], /operators is \[\].*at least one/],
    [['operators', 0, 'name'], '', /operators\[0\]\.name is ""/],
    [['operators', 0, 'spec', 'kind'], 7, /operators\[0\]\.spec\.kind is 7/],
    [['operators', 0, 'weight'], -1, /operators\[0\]\.weight is -1/],
    [['state', 'grid'], cellGrid([9]), /physics\.solve\(defaults\)\.outputShape is \[8\].*state, \[9\]/],
  ]
  it.each(wrongParts)('names the field %j when built', (path, value, says) => {
    const problem = defineProblem({ ...definition, build: shape => changed(rod(shape), path, value) })
    expect(() => problem.build([8])).toThrow(says)
    expect(() => problem.build([8])).toThrow(/^problem 'rod': /)
  })

  it('wants a positive range where a number varies in its logarithm', () => {
    const kappa = { describe: 'd', units: '1', low: 0, high: 1, default: 0.5, log: true }
    const build = (shape: readonly number[]) => changed(rod(shape), ['physics', 'parameters', 'kappa'], kappa)
    expect(() => defineProblem({ ...definition, build }).build([8])).toThrow(/kappa\.low is 0.*logarithm/)
  })

  it.each([[[8, 8]], [[NaN]], [[2.5]], [[0]], [[]]])('refuses to build with the shape %j', shape => {
    const problem = defineProblem(definition)
    expect(() => problem.build(shape)).toThrow(/problem 'rod': shape/)
    expect(() => problem.build(shape)).toThrow(RangeError)
  })
})

const shipped = await solvableProblems()
/** Its own size, another, and a rectangle where it has two axes. */
const sizes = ({ shape }: Problem): number[][] =>
  shape.length === 1 ? [[...shape], [16]] : [[...shape], [16, 16], [12, 20]]

describe.each(shipped.flatMap(problem => sizes(problem).map(shape => ({ problem, shape, name: problem.name }))))(
  '$name on $shape cells',
  ({ problem, shape }) => {
    const parts = problem.build(shape)
    const root = key(7, problem.name)
    const draw = (size: number, name: string): Float64Array => normal(derive(root, name), new Float64Array(size))

    it('has a solution operator that is linear and whose adjoint is one', () => {
      for (const parameters of [defaultParameters(parts), drawParameters(parts, root)]) {
        const { inputShape, outputShape, apply, adjoint } = parts.physics.solve(parameters)
        expect(inputShape).toEqual(shape)
        expect(outputShape).toEqual(shapeOfSpace(parts.state))
        const N = parts.unknown.grid.size
        const [a, b] = [draw(N, 'a'), draw(N, 'b')]
        const S = (x: Float64Array): Float64Array => apply(array(x, [1, ...shape])).data
        const [Sa, Sb, mixed] = [S(a), S(b), S(a.map((v, k) => 2 * v - 3 * b[k]!))]
        const size = Math.hypot(...mixed)
        // Round-off of some thousand operations.
        expect(Math.hypot(...mixed.map((v, k) => v - 2 * Sa[k]! + 3 * Sb[k]!)) / size).toBeLessThan(1e-10)
        const v = draw(Sa.length, 'v')
        const back = adjoint!(array(v, [1, ...outputShape])).data
        const dot = (p: Float64Array, q: Float64Array): number => p.reduce((sum, value, k) => sum + value * q[k]!, 0)
        expect(Math.abs(dot(Sa, v) - dot(a, back)) / (Math.hypot(...Sa) * Math.hypot(...v))).toBeLessThan(1e-10)
      }
    })

    it('has a prior whose sample i is the same whatever is drawn beside it', () => {
      const whole = parts.prior.sample(root, 3)
      expect(whole.shape).toEqual([3, ...shape])
      expect(whole.data.every(Number.isFinite)).toBe(true)
      const last = parts.prior.sample(root, 1, 2)
      const N = parts.unknown.grid.size
      expect(Array.from(last.data)).toEqual(Array.from(whole.data.subarray(2 * N)))
    })

    it('draws settings inside its ranges, the same for the same key, each a linear operator of the state', () => {
      const families = new Set<string | null>()
      for (let i = 0; i < 40; i++) {
        const own = derive(root, i)
        const parameters = drawParameters(parts, own)
        for (const [name, { low, high }] of Object.entries(parts.physics.parameters)) {
          expect(parameters[name]).toBeGreaterThanOrEqual(low)
          expect(parameters[name]).toBeLessThanOrEqual(high)
        }
        const setting = drawSetting(parts, parameters, own)
        expect(drawSetting(parts, drawParameters(parts, own), own)).toEqual(setting)
        expect(setting.noise.std).toBeGreaterThanOrEqual(parts.noise.low)
        expect(setting.noise.std).toBeLessThanOrEqual(parts.noise.high)
        families.add(setting.family)
        const H = operatorFrom(setting.operator, parts.state)
        expect(isLinear(H)).toBe(true)
        expect(H.inputShape).toEqual(shapeOfSpace(parts.state))
      }
      // 40 draws of at most five equal families miss one with probability 5 (4/5)^40 = 7e-4, and these keys are fixed.
      expect([...families].sort()).toEqual(parts.operators.map(({ name }) => name).sort())
    })
  },
)
