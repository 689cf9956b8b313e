/** Laws that every transient problem obeys, whatever its sides, its flow and its scheme. */
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { advectionDiffusion, type AdvectionDiffusion } from '../../src/physics/advection-diffusion.js'
import type { InputName, Inputs } from '../../src/physics/solution.js'
import { dot, maxDifference, noise, problems } from './problems.js'

const names = (solver: AdvectionDiffusion): InputName[] => Object.keys(solver.inputShapes) as InputName[]
const everything = (solver: AdvectionDiffusion, batch: readonly number[] = []): Record<string, NdArray<Float64Array>> =>
  Object.fromEntries(names(solver).map(name => [name, noise([...batch, ...solver.inputShapes[name]!], name)]))

for (const [title, options] of Object.entries(problems))
  describe(title, () => {
    const solver = advectionDiffusion(options)

    it('<A x, v> = <x, A^T v> for each input alone and all together', () => {
      const inputs = everything(solver)
      const v = noise(solver.outputShape, 'cotangent')
      const gradient = solver.adjoint(v)
      for (const name of names(solver)) {
        const [forwards, back] = [dot(solver.run({ [name]: inputs[name]! }), v), dot(inputs[name]!, gradient[name]!)]
        expect(Math.abs(forwards - back), name).toBeLessThan(1e-10 * Math.max(1, Math.abs(forwards)))
        expect(Math.abs(forwards), name).toBeGreaterThan(1e-3) // both zero would pass
        expect(maxDifference(solver.map(name).apply(inputs[name]!), solver.run({ [name]: inputs[name]! }))).toBe(0)
        expect(maxDifference(solver.map(name).adjoint(v), gradient[name]!)).toBe(0)
      }
      const all = names(solver).reduce((sum, name) => sum + dot(inputs[name]!, gradient[name]!), 0)
      const forwards = dot(solver.run(inputs), v)
      expect(Math.abs(forwards - all)).toBeLessThan(1e-10 * Math.max(1, Math.abs(forwards)))
    })

    it('is linear in its inputs, together', () => {
      const [x, y] = [everything(solver, [1]), everything(solver)]
      const sum = Object.fromEntries(names(solver).map(name => [name, array(x[name]!.data.map((value, k) => 2 * value - y[name]!.data[k]!), y[name]!.shape)])) // prettier-ignore
      const [Ax, Ay] = [solver.run(x), solver.run(y)]
      const expected = array(Ax.data.map((value, k) => 2 * value - Ay.data[k]!), Ay.shape) // prettier-ignore
      expect(maxDifference(solver.run(sum), expected)).toBeLessThan(1e-11)
    })

    it('gives a batch of 37 the bits of 37 single runs, forwards and back', () => {
      const n = 37 // one group of 32, then a block of 5
      const item = (a: NdArray<Float64Array>, r: number): NdArray<Float64Array> =>
        array(a.data.slice((r * a.data.length) / n, ((r + 1) * a.data.length) / n), a.shape.slice(1))
      const inputs = everything(solver, [n])
      const v = noise([n, ...solver.outputShape], 'cotangent')
      const [batch, gradient] = [solver.run(inputs), solver.adjoint(v)]
      for (const r of [0, 7, 8, 31, 32, 36]) {
        const single: Inputs = Object.fromEntries(names(solver).map(name => [name, item(inputs[name]!, r)]))
        expect(maxDifference(solver.run(single), item(batch, r))).toBe(0)
        const back = solver.adjoint(item(v, r))
        for (const name of names(solver)) expect(maxDifference(back[name]!, item(gradient[name]!, r)), name).toBe(0)
      }
    })

    it('gives the same bits again, and leaves its inputs alone', () => {
      const inputs = everything(solver)
      const before = Object.values(inputs).map(a => a.data.slice())
      const first = solver.run(inputs)
      expect(maxDifference(solver.run(inputs), first)).toBe(0)
      expect(maxDifference(advectionDiffusion(options).run(inputs), first)).toBe(0)
      Object.values(inputs).forEach((a, k) => expect(a.data).toEqual(before[k]))
    })
  })

it('takes a single input with a batch of another, and views of any order', () => {
  const solver = advectionDiffusion(problems['a channel with inlet, outlet and a wall flux']!)
  const [source, initial] = [noise([9, 12], 'source'), noise([3, 9, 12], 'initial')]
  const together = solver.run({ initial, source })
  expect(together.shape).toEqual([3, 9, 12])
  const last = solver.run({ initial: array(initial.data.slice(216), [9, 12]), source })
  expect(maxDifference(last, array(together.data.slice(216), [9, 12]))).toBe(0)
  const turned = noise([12, 9], 'turned').transpose(1, 0)
  const straight = array(
    Float64Array.from({ length: 108 }, (_, k) => turned.get(Math.floor(k / 12), k % 12)),
    [9, 12],
  )
  expect(maxDifference(solver.run({ initial: turned }), solver.run({ initial: straight }))).toBe(0)
})
