/** What npm packs is whole: it installs, imports itself by name, finds its problems, and runs. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackage, run, type Installed } from './installed.js'

let { folder, installed, files }: Installed = { folder: '', installed: '', files: [] }
beforeAll(async () => {
  ;({ folder, installed, files } = await installPackage())
}, 120_000)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('the package', () => {
  it('holds the compiled sources, the problems, the words about them, and nothing else', () => {
    const rooms = new Set(
      files.map(path =>
        path
          .split('/')
          .slice(0, path.startsWith('dist/') ? 2 : 1)
          .join('/'),
      ),
    )
    expect([...rooms].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist/problems', 'dist/src', 'package.json', 'problems', 'src'].sort(),
    )
    expect(files.filter(path => path.startsWith('src/'))).toEqual(['src/compile/onnx/LICENSE'])
    for (const path of [
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/src/cli/main.js',
      'dist/src/compile/worker.js',
    ])
      expect(files).toContain(path)
    const modules = readdirSync('problems', { recursive: true, encoding: 'utf8' }).filter(path =>
      /(^|\/)index\.ts$/.test(path),
    )
    for (const path of modules) expect(files).toContain(`dist/problems/${path.replace(/ts$/, 'js')}`)
    expect(modules.length).toBeGreaterThan(4)
    expect(files).toContain('problems/advection-diffusion/initial-condition/models/vp/weights.safetensors')
    expect(files).toContain('problems/advection-diffusion/initial-condition/models/surrogate/surrogate.safetensors')
    expect(files.filter(path => /\.test\.|fixtures|bench|\.env|\.npmrc/.test(path))).toEqual([])
  })

  it('needs nothing at run time that is not among its dependencies', () => {
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      'dependencies' | 'optionalDependencies',
      Record<string, string>
    >
    const allowed = [...Object.keys(dependencies), ...Object.keys(optionalDependencies), 'invdiff']
    for (const path of files.filter(path => path.endsWith('.js'))) {
      const text = readFileSync(join(installed, path), 'utf8')
      for (const [, name] of text.matchAll(/^(?:import|export) (?:[^'"]*? from )?'([^.'][^']*)'/gm)) {
        const packageName = name!
          .split('/')
          .slice(0, name!.startsWith('@') ? 2 : 1)
          .join('/')
        if (!packageName.startsWith('node:')) expect(allowed, `${path} imports ${name!}`).toContain(packageName)
      }
    }
  })

  it('is imported by its name, and its problems import it so', async () => {
    const script = join(folder, 'main.mjs')
    const lines = [
      "import { array, compile, key, shippedProblems } from 'invdiff'",
      "import * as tf from '@tensorflow/tfjs'",
      'const problems = await shippedProblems()',
      'for (const { module } of problems) await import(module)',
      "const { tanh } = await import(problems.find(({ name }) => name === 'conditional-densities').module)",
      'const { x } = tanh.sample(key(1), 3)',
      'const f = await compile(({ x }) => ({ y: tf.square(x) }), { x: [3, 1] }, { worker: true })',
      'const { y } = await f.run({ x })',
      'await f.dispose()',
      'console.log(JSON.stringify({ folders: problems.map(({ folder }) => folder), y: [...y.data], x: [...x.data] }))',
    ]
    writeFileSync(script, lines.join('\n'))
    const { stdout } = await run(process.execPath, [script], { cwd: folder })
    const { folders, x, y } = JSON.parse(stdout) as { folders: string[]; x: number[]; y: number[] }
    expect(folders.map(path => path.split(/[\\/]/).slice(-4).join('/'))).toContain(
      'invdiff/dist/problems/conditional-densities',
    )
    x.forEach((value, i) => expect(y[i]).toBeCloseTo(value ** 2, 5))
  })

  it('has a program that runs', async () => {
    const { bin, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: { invdiff: string }
      version: string
    }
    const program = join(installed, bin.invdiff)
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect((await run(process.execPath, [program, '--version'])).stdout).toBe(`${version}\n`)
    const { stdout } = await run(process.execPath, [program, 'derive', 've', '--alpha', '1', '--json'])
    expect((JSON.parse(stdout) as { holds: boolean }).holds).toBe(true)
  })
})
