/**
 * Runs notebooks without Jupyter. `node dist/notebooks/execute.js` runs all of them and writes their outputs into them.
 *
 * The code cells of a notebook, one after the other, are one module; it runs in a process of its own, beside the compiled
 * files of this folder, which the cells import.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import type { Output } from './recorder.js'

/** Of a notebook's JSON, what is used here. */
export interface Notebook {
  readonly cells: readonly Cell[]
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface Cell {
  readonly cell_type: 'markdown' | 'code'
  readonly source: readonly string[]
  execution_count?: number | null
  outputs?: unknown[]
}

const root = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '..' : '../..', import.meta.url))
const folder = join(root, 'notebooks')
const compiled = join(root, 'dist', 'notebooks')

/** Paths of all notebooks, in their order. */
export const notebooks = async (): Promise<string[]> =>
  (await readdir(folder))
    .filter(name => name.endsWith('.ipynb'))
    .sort()
    .map(name => join(folder, name))

export const readNotebook = async (path: string): Promise<Notebook> =>
  JSON.parse(await readFile(path, 'utf8')) as Notebook

export const codeCells = ({ cells }: Notebook): Cell[] => cells.filter(cell => cell.cell_type === 'code')

/** The code cells as the text of one module. */
export const codeOf = (notebook: Notebook): string =>
  codeCells(notebook)
    .map(({ source }) => source.join(''))
    .join('\n\n')

/**
 * Runs a notebook's cells and gives the outputs of each, in their order.
 *
 * @throws what a cell throws, as the process' error output; after `seconds`.
 */
export async function execute(path: string, seconds = 300): Promise<Output[][]> {
  const name = `${basename(path, '.ipynb')}-${process.pid}`
  const file = join(compiled, `${name}.js`)
  const place = await mkdtemp(join(tmpdir(), 'invdiff-notebook-'))
  const outputs = join(place, 'outputs.json')
  try {
    await writeFile(file, recorded(codeCells(await readNotebook(path)).map(({ source }) => source.join(''))))
    const env = { ...process.env, NOTEBOOK_OUTPUTS: outputs }
    await promisify(execFile)(process.execPath, [file], { cwd: place, env, timeout: seconds * 1000 })
    return JSON.parse(await readFile(outputs, 'utf8')) as Output[][]
  } finally {
    await rm(file, { force: true })
    await rm(place, { recursive: true })
  }
}

/** JavaScript that runs the cells and records what each prints, and the value of its last expression. */
function recorded(cells: readonly string[]): string {
  const text = [`import { begin, show } from './recorder.ts'`, ...cells.map(cell => `begin()\n${shown(cell)}`)].join(
    '\n',
  )
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    },
  })
  return outputText
}

/** A cell whose last statement, if it is an expression, is shown. */
function shown(cell: string): string {
  const last = ts.createSourceFile('cell.ts', cell, ts.ScriptTarget.ES2023, true).statements.at(-1)
  if (!last || !ts.isExpressionStatement(last)) return cell
  const { expression } = last
  return `${cell.slice(0, expression.getStart())}show(await (${expression.getText()}))${cell.slice(expression.end)}`
}

/** Runs a notebook and writes its outputs into it, aside and renamed. */
async function regenerate(path: string): Promise<void> {
  const notebook = await readNotebook(path)
  const outputs = await execute(path)
  codeCells(notebook).forEach((cell, i) => {
    cell.execution_count = i + 1
    cell.outputs = outputs[i]!.map(output => stored(output, i + 1))
  })
  await writeFile(`${path}.tmp`, `${JSON.stringify(notebook, null, 1)}\n`)
  await rename(`${path}.tmp`, path)
}

/** Text as lists of lines, as Jupyter writes it. */
function stored(output: Output, execution_count: number): object {
  const lines = (text: string): string[] => text.split(/(?<=\n)/)
  if (output.output_type === 'stream') return { ...output, text: lines(output.text) }
  const data = Object.fromEntries(Object.entries(output.data).map(([type, text]) => [type, lines(text)]))
  return { output_type: output.output_type, execution_count, metadata: {}, data }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const path of await notebooks()) {
    const began = performance.now()
    await regenerate(path)
    console.log(`${basename(path)}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  }
