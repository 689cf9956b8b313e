/** Everything that the README shows is true: its TypeScript compiles and runs, its command lines run. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

/** The code blocks of one language, those within lists too. */
function blocks(language: string): string[] {
  const text = readFileSync('README.md', 'utf8')
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm'))].map(([, indent, body]) =>
    body!.replaceAll(new RegExp(`^${indent!}`, 'gm'), ''),
  )
}

/** In the package, so that it imports the package by its name. */
const examples = resolve('dist/readme')
mkdirSync(examples, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'invdiff-readme-'))
symlinkSync(resolve('problems'), join(folder, 'problems')) // command lines name files of the checkout
afterAll(() => {
  rmSync(examples, { recursive: true })
  rmSync(folder, { recursive: true })
})

describe('TypeScript in the README', () => {
  const files = blocks('ts').map((text, i) => {
    const file = join(examples, `example-${i + 1}.ts`)
    writeFileSync(file, text)
    return file
  })

  it('has the types it claims', () => {
    const { config } = ts.readConfigFile('tsconfig.json', name => ts.sys.readFile(name)) as { config: object }
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
    const program = ts.createProgram(files, { ...options, noEmit: true })
    const faults = files.flatMap(file => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
    expect(files.length).toBeGreaterThan(0)
  })

  it.each(files.map((file, i) => [i + 1, file] as const))('example %d runs', async (_, file) => {
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    const compiled = file.replace(/ts$/, 'js')
    writeFileSync(compiled, outputText)
    const { stdout } = await run(process.execPath, [compiled])
    expect(stdout).not.toBe('')
    if (outputText.includes('// close to 2, -1')) {
      const [a, b] = [...stdout.matchAll(/-?\d+\.\d+|(?<=[[ ])-?\d+(?=[,\]])/g)].map(Number)
      expect([a, b]).toEqual([expect.closeTo(2, 3), expect.closeTo(-1, 3)])
    }
  })
})

describe('command lines in the README', () => {
  const lines = blocks('sh')
    .flatMap(block => block.trim().split('\n'))
    .map(line => line.replace(/ *#.*/, ''))

  it.each(lines.filter(line => line.includes('invdiff')))(
    '%s',
    async line => {
      const program = `"${process.execPath}" "${resolve('dist/src/cli/main.js')}"`
      const { stdout, stderr } = await run('bash', ['-c', line.replace(/^npx invdiff\b/, program)], { cwd: folder })
      expect(stdout + stderr).not.toBe('')
    },
    180_000,
  )

  it.each(lines.filter(line => !line.includes('invdiff')))('%s names what exists', line => {
    for (const command of line.split(' && ')) {
      if (command === 'npm ci') continue
      if (command.endsWith('npm rebuild onnxruntime-node')) {
        const known = readFileSync('node_modules/onnxruntime-node/script/install-metadata.js', 'utf8')
        expect(command).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 ')
        expect(known).toContain("'linux/x64:cuda12'")
        continue
      }
      const script = /^npm (?:run )?([\w:]+)(?: -- .*)?$/.exec(command)?.[1]
      expect(Object.keys(manifest.scripts)).toContain(script)
    }
  })
})
