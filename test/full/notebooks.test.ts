/** The notebooks are true: their cells have the types they claim, run, and give outputs like those that are stored. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { codeCells, codeOf, execute, notebooks, readNotebook } from '../../notebooks/execute.js'
import type { Output } from '../../notebooks/recorder.js'

const paths = await notebooks()

/** A stored output, whose texts are lists of lines. */
interface Stored {
  readonly output_type: Output['output_type']
  readonly text?: readonly string[]
  readonly data?: Readonly<Record<string, readonly string[]>>
}

/** What outputs must agree in: their kinds, and their words; figures depend on the machine in their last digits. */
const words = (text: string): string => text.replaceAll(/-?\d[\d.]*(?:e[+-]?\d+)?/g, '#').replaceAll(/ +/g, ' ')
const likeness = (output: Output): unknown =>
  output.output_type === 'stream' ? words(output.text) : Object.keys(output.data)
const storedLikeness = ({ text, data }: Stored): unknown => (text ? words(text.join('')) : Object.keys(data ?? {}))

describe('notebooks', () => {
  it('have the types they claim', async () => {
    const { config } = ts.readConfigFile('tsconfig.json', name => ts.sys.readFile(name)) as { config: object }
    const parsed = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd())
    const options = { ...parsed.options, noEmit: true, allowImportingTsExtensions: true }
    const texts = new Map<string, string>()
    for (const path of paths) texts.set(path.replace(/ipynb$/, 'cells.ts'), codeOf(await readNotebook(path)))
    const host = ts.createCompilerHost(options)
    const program = ts.createProgram([...texts.keys()], options, {
      ...host,
      fileExists: name => texts.has(name) || host.fileExists(name),
      readFile: name => texts.get(name) ?? host.readFile(name),
      getSourceFile: (name, version) =>
        texts.has(name)
          ? ts.createSourceFile(name, texts.get(name)!, { ...(version as object), languageVersion: ts.ScriptTarget.ES2023, impliedNodeFormat: ts.ModuleKind.ESNext }) // prettier-ignore
          : host.getSourceFile(name, version),
    })
    const faults = [...texts.keys()].flatMap(name => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
    expect(texts.size).toBe(4)
  }, 300_000)

  it.each(paths.map(path => [basename(path), path]))(
    '%s runs, and stores what it gives',
    async (_, path) => {
      const notebook = await readNotebook(path)
      const stored = codeCells(notebook).map(({ outputs }) => (outputs as Stored[]).map(storedLikeness))
      const found = await execute(path, 280)
      expect(found.map(outputs => outputs.map(likeness))).toEqual(stored)
      expect(found.flat().some(output => output.output_type === 'execute_result' && 'image/svg+xml' in output.data)).toBe(true) // prettier-ignore
    },
    300_000,
  )

  it.each(paths.map(path => [basename(path), path]))('%s is a notebook for the TypeScript kernel', (_, path) => {
    const { nbformat, metadata } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    expect(nbformat).toBe(4)
    expect(metadata).toMatchObject({ kernelspec: { name: 'deno', language: 'typescript' } })
  })
})
