/** The package in a project of a user's: a problem of one's own is begun, trained and solved there, and the types hold. */
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dependencies, installPackage, run, type Installed } from '../installed.js'

let { folder, installed }: Installed = { folder: '', installed: '', files: [] }
beforeAll(async () => {
  ;({ folder, installed } = await installPackage())
}, 120_000)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const invdiff = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(installed, 'dist/src/cli/main.js'), ...args], { cwd: folder })).stdout

it('solves a shipped problem with the model that it brings', async () => {
  const out = await invdiff('solve', 'advection-diffusion/initial-condition', '--draws', '4', '--steps', '2')
  expect(out).toContain('report: runs/advection-diffusion-initial-condition/report.html')
})

it("begins, trains and solves a problem of one's own", async () => {
  expect(await invdiff('init', 'my-problem')).toContain('Next: invdiff train ./my-problem --budget 1m')
  expect(await invdiff('train', './my-problem', '--steps', '4', '--batch', '16')).toMatch(
    /^runs\/my-problem-vp: 4 steps/,
  )
  const own = ['--model', 'runs/my-problem-vp', '--observation', 'my-problem/readings.csv']
  expect(await invdiff('solve', './my-problem', ...own, '--steps', '4')).toContain(
    'report: runs/my-problem/report.html',
  )
})

// Arrays are of the type NdArray, which a user's compiler finds only where its declarations come with the package.
it.skipIf(!('@types/ndarray' in dependencies()))('is imported from TypeScript with its types', async () => {
  const lines = [
    "import { loadPosterior, shippedProblems, solve, type Observation, type SolveOptions } from 'invdiff'",
    "const options: SolveOptions = { problem: 'heat/disk', folder: 'runs/typed', draws: 2 }",
    'export async function main(y: Observation): Promise<number> {',
    '  const { meanStd, warnings } = await solve(options)',
    "  const { x } = await (await loadPosterior('runs/my-model')).sample(y)",
    '  const data: Float64Array = x.data',
    '  // @ts-expect-error an array of numbers holds no texts',
    '  const text: string = x.data[0]',
    '  // @ts-expect-error there is no such option',
    '  await solve({ ...options, drows: 3 })',
    '  return meanStd + warnings.length + data.length + text.length + (await shippedProblems()).length',
    '}',
  ]
  writeFileSync(join(folder, 'main.ts'), lines.join('\n'))
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] }
  const check = async (skipLibCheck: boolean): Promise<string> => {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck }, files: ['main.ts'] })) // prettier-ignore
    const tsc = resolve('node_modules/typescript/bin/tsc')
    return run(process.execPath, [tsc, '-p', folder], { cwd: folder, maxBuffer: 2 ** 26 }).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    )
  }
  expect(await check(true)).toBe('')
  // tfjs, numcodecs and unzipit have errors in declarations of their own: ours have none.
  expect((await check(false)).split('\n').filter(line => /^(main\.ts|node_modules\/invdiff)/.test(line))).toEqual([])
})
