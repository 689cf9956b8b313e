/** What cells print and show, kept while a notebook runs outside of Jupyter: execute.ts puts calls of it between cells. */
import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { display, type Picture } from './figure.js'

/** An output of a cell, as a notebook stores it but for the number of the cell. */
export type Output =
  | { readonly output_type: 'stream'; readonly name: 'stdout'; text: string }
  | { readonly output_type: 'execute_result'; readonly data: Readonly<Record<string, string>> }

const outputs: Output[][] = []
const target = process.env.NOTEBOOK_OUTPUTS
if (target === undefined) throw new Error('recorder: NOTEBOOK_OUTPUTS must name the file that outputs go to')

process.stdout.write = (chunk: string | Uint8Array): boolean => {
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
  const cell = outputs.at(-1)!
  const last = cell.at(-1)
  if (last?.output_type === 'stream') last.text += text
  else cell.push({ output_type: 'stream', name: 'stdout', text })
  return true
}
process.once('exit', () => writeFileSync(target, JSON.stringify(outputs)))

/** The next cell begins. */
export const begin = (): void => void outputs.push([])

/** The value of a cell's last expression: a picture, or anything that is not undefined. */
export function show(value: unknown): void {
  if (value === undefined) return
  const data = isPicture(value) ? value[display]() : { 'text/plain': inspect(value) }
  outputs.at(-1)!.push({ output_type: 'execute_result', data })
}

const isPicture = (value: unknown): value is Picture => typeof value === 'object' && value !== null && display in value
