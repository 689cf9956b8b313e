/** `invdiff operators`: the list, and the check of users' files, sound and faulty. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { LawResult } from '../../src/operators/check.js'
import { operators } from '../../src/operators/registry.js'
import { invoke, type Outcome } from './invoke.js'

const folder = mkdtempSync(join(tmpdir(), 'invdiff-check-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const check = (name: string, text: string, ...args: string[]): Promise<Outcome> => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return invoke(['operators', 'check', file, ...args])
}

async function results(name: string, text: string, ...args: string[]): Promise<Record<string, LawResult>> {
  const { out, err, code } = await check(name, text, ...args, '--json')
  expect(err).toBe('')
  const found = JSON.parse(out) as { holds: boolean; results: LawResult[] }
  expect(found.holds).toBe(code === 0)
  return Object.fromEntries(found.results.map(result => [result.law, result]))
}

/** Sums along columns of [4, 3], with one fault or none. */
const columnSums = (changes: { apply?: string; adjoint?: string; head?: string } = {}): string => `
  import { array, defineOperator, itemwise, type NdArray } from 'invdiff'
  ${changes.head ?? ''}
  export default defineOperator({
    name: 'column-sums',
    inputShape: [4, 3],
    outputShape: [3],
    apply: ${changes.apply ?? 'itemwise([4, 3], [3], (x, y) => { for (let k = 0; k < 12; k++) y[k % 3]! += x[k]! })'},
    adjoint: ${changes.adjoint ?? 'itemwise([3], [4, 3], (y, x) => { for (let k = 0; k < 12; k++) x[k] = y[k % 3]! })'},
    noise: { kind: 'gaussian', std: 0.1 },
  })`

describe('the list', () => {
  it('names every operator and noise with its parameters', async () => {
    const { code, out, err } = await invoke(['operators'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const { name, parameters } of operators.list()) {
      expect(out).toContain(`\n${name}: `)
      for (const parameter of Object.keys(parameters)) expect(out).toContain(`    ${parameter}`)
    }
    expect(out).toContain('student-t: ')
  })

  it('is JSON schema with --json', async () => {
    const { out } = await invoke(['operators', '--json'])
    const { operators: kinds, noise } = JSON.parse(out) as Record<string, { name: string; parameters: { type: string } }[]> // prettier-ignore
    expect(kinds!.map(({ name }) => name)).toEqual(operators.list().map(({ name }) => name))
    expect([...kinds!, ...noise!].every(({ parameters }) => parameters.type === 'object')).toBe(true)
  })
})

describe('a sound operator', () => {
  it('passes, with figures in a table', async () => {
    const { code, out, err } = await check('sound.ts', columnSums())
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^column-sums: \[4, 3\] to \[3\]\n/)
    expect(out).toMatch(/^<A x, v> = <x, A\^T v> +holds +\S+ +<= 1.0e-10/m)
    expect(out).toContain('10 holds, 0 fails, 2 skipped')
    const found = await results('sound.ts', columnSums())
    expect(found.norm!.figure).toBeCloseTo(2, 12) // four ones in each column
    expect(found.derivative!.says).toContain('it is linear')
  })

  it('may be a function of the space, in JavaScript, with a derivative', async () => {
    const text = `
      import { defineOperator, itemwise, itemwise2 } from 'invdiff'
      export default defineOperator(({ grid, times }) => {
        const shape = [times.length, ...grid.shape]
        return {
          name: 'squares', inputShape: shape, outputShape: shape,
          apply: itemwise(shape, shape, (x, y) => x.forEach((v, k) => { y[k] = v * v })),
          derivative: {
            apply: itemwise2([shape, shape], shape, (x, v, y) => x.forEach((c, k) => { y[k] = 2 * c * v[k] })),
            adjoint: itemwise2([shape, shape], shape, (x, w, y) => x.forEach((c, k) => { y[k] = 2 * c * w[k] })),
          },
        }
      })`
    const found = await results('squares.mjs', text, '--shape', '5x4', '--lengths', '1x2', '--times', '0,1')
    expect(Object.values(found).filter(({ status }) => status === 'fails')).toEqual([])
    expect(found.shapes!.says).toBe('[2, 5, 4] to [2, 5, 4]')
    expect(found.derivative!.figure).toBeCloseTo(2, 2)
    expect(found.linearity!.status).toBe('skipped')
  })
})

describe('a faulty operator is caught by the law that it breaks, and told what to do', () => {
  const faulty: readonly [name: string, law: string, says: RegExp, remedy: string, text: string][] = [
    [
      ...([
        'a wrong adjoint',
        '<A x, v> = <x, A^T v>',
        /<A x, v> = .*, <x, A\^T v> = /,
        'is not the transpose',
      ] as const),
      columnSums({ adjoint: 'itemwise([3], [4, 3], (y, x) => { for (let k = 0; k < 12; k++) x[k] = y[Math.floor(k / 4)]! })' }), // prettier-ignore
    ],
    [
      ...(['a wrong shape', 'shapes', /apply\(x\) has shape \[4\], not \[3\]/, 'with the shapes that inputShape'] as const), // prettier-ignore
      columnSums({ apply: 'itemwise([4, 3], [4], (x, y) => { for (let k = 0; k < 12; k++) y[k % 3]! += x[k]! })' }),
    ],
    [
      ...(['no batches', 'batched = looped', /of a batch of 3 has shape \[3\], not \[3, 3\]/, 'itemwise'] as const),
      columnSums({ apply: '(x: NdArray) => { const y = array(new Float64Array(3)); for (let k = 0; k < 12; k++) y.data[k % 3]! += Number(x.data[x.offset + k]!); return y }' }), // prettier-ignore
    ],
    [
      ...(['a wrong derivative', 'derivative', /order of the remainder in h/, 'a wrong one of order 1'] as const),
      `import { defineOperator, itemwise, itemwise2 } from 'invdiff'
       const slope = itemwise2([[6], [6]], [6], (x: Float64Array, v: Float64Array, y: Float64Array) => x.forEach((c, k) => { y[k] = 1.001 * Math.cos(c) * v[k]! }))
       export default defineOperator({
         name: 'sine', inputShape: [6], outputShape: [6],
         apply: itemwise([6], [6], (x, y) => x.forEach((c, k) => { y[k] = Math.sin(c) })),
         derivative: { apply: slope, adjoint: slope },
       })`,
    ],
    [
      ...(['randomness', 'determinism', /apply\(x\): two calls differ/, 'Take randomness out'] as const),
      columnSums({
        head: 'let state = 1',
        apply: 'itemwise([4, 3], [3], (x, y) => { for (let k = 0; k < 12; k++) y[k % 3]! += x[k]! + (state = (state * 48271) % 2147483647) * 1e-12 })', // prettier-ignore
      }),
    ],
    [
      ...(['a constant', 'linearity', /\|A\(0\)\| = /, 'drop the adjoint'] as const),
      columnSums({ apply: 'itemwise([4, 3], [3], (x, y) => { y.fill(1); for (let k = 0; k < 12; k++) y[k % 3]! += x[k]! })' }), // prettier-ignore
    ],
    [
      ...(['an argument written to', 'inputs left alone', /apply\(x\): an argument is changed/, 'array of your own'] as const), // prettier-ignore
      columnSums({ apply: 'itemwise([4, 3], [3], (x, y) => { for (let k = 0; k < 12; k++) { y[k % 3]! += x[k]!; x[k] = 7 } })' }), // prettier-ignore
    ],
    [
      ...(['an exception', 'shapes', /^threw: mine/, 'ndarrays of float64'] as const),
      columnSums({ apply: "() => { throw new Error('mine') }" }),
    ],
    [
      ...(['nothing', 'norm', /largest singular value/, 'nothing is observed'] as const),
      columnSums({ apply: 'itemwise([4, 3], [3], () => {})', adjoint: 'itemwise([3], [4, 3], () => {})' }),
    ],
  ]

  it.each(faulty)('%s', async (name, law, says, remedy, text) => {
    const file = `${name.replaceAll(' ', '-')}.ts`
    const { code, out, err } = await check(file, text)
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toContain(`What to do\n  ${law}: `)
    const found = await results(file, text)
    expect(found[law]!.status).toBe('fails')
    expect(found[law]!.says).toMatch(says)
    expect(found[law]!.remedy).toContain(remedy)
    const others = Object.values(found).filter(result => result.status === 'fails' && result.law !== law)
    expect(others).toEqual([]) // laws that rest on it are skipped
  })
})

describe('a file that is no operator', () => {
  it.each<[name: string, text: string, message: string]>([
    ['syntax.ts', 'export default {\n  a: 1\n  b: 2\n}', 'a syntax error: Unexpected token, expected ","'],
    ['none.ts', 'export const x = 1', 'expected a default export, found only x'],
    ['empty.ts', '', 'expected a default export, found no export'],
    ['number.ts', 'export default 3', 'number is no operator; state one with defineOperator'],
    ['missing.ts', "export default { name: 'a', inputShape: [2], outputShape: [2] }", 'apply is missing; wants a function'], // prettier-ignore
    ['shape.ts', "export default { name: 'a', inputShape: [2.5], outputShape: [2], apply() {} }", 'inputShape is [2.5]; wants a shape'], // prettier-ignore
    ['import.ts', "import x from 'not-there'\nexport default x", "Cannot find module 'not-there'"],
    ['throws.ts', '\nthrow new Error("mine")\nexport default 1', 'the error: mine at 2:7'],
    ['makes.ts', 'export default () => { throw new Error("mine") }', 'its function of the space threw: mine'],
    ['derivative.ts', "export default { name: 'a', inputShape: [2], outputShape: [2], apply() {}, derivative: {} }", 'derivative is {}; wants two functions'], // prettier-ignore
  ])('%s', async (name, text, message) => {
    const { code, out, err } = await check(name, text)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(name)
    expect(err).toContain(message)
  })

  it('names the line and column of a syntax error, and a file that is missing', async () => {
    const { err } = await check('place.ts', 'export default {\n  a: 1\n  b: 2\n}')
    expect(err).toContain('place.ts:3:2')
    const absent = await invoke(['operators', 'check', join(folder, 'absent.ts')])
    expect(absent).toMatchObject({ code: 1, out: '' })
    expect(absent.err).toContain('absent.ts: expected an existing file')
  })

  it.each<[args: string[], message: string]>([
    [['chek'], "the action is 'chek'; it is check"],
    [['check'], 'the file is missing'],
    [['check', 'a.ts', '--shape', '3x'], "--shape is '3x'; wants numbers with x between them"],
    [['check', 'a.ts', '--shape', '3x3x3'], 'grid: shape [3, 3, 3]'],
    [['check', 'a.ts', '--times', '1,0'], "--times is '1,0'; wants increasing numbers"],
  ])('%j is a usage error', async (args, message) => {
    const { code, err } = await invoke(['operators', ...args])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})
