/** Runs modules in clean Node processes: what must be seen from outside (exit, signals, memory) is tested so. */
import { spawn } from 'node:child_process'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ChildOptions {
  /** Arguments of Node, before the module. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Sent once when the child has printed `ready`. */
  readonly signal?: NodeJS.Signals
  /** Milliseconds after which the child is killed and the promise rejects. */
  readonly limit?: number
}

const prelude = `
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import * as invdiff from './dist/src/compile/index.js'
const { compile } = invdiff
const floats = (shape, f = i => Math.sin(i + 1)) =>
  ndarray(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)), shape)
`

/** The module's imports are relative to the repository's root; `prelude` gives it tf, ndarray, compile and floats. */
export function runModule(source: string, options: ChildOptions = {}): Promise<Finished> {
  return runProcess(
    process.execPath,
    [...(options.flags ?? []), '--input-type=module', '--eval', prelude + source],
    options,
  )
}

export function runProcess(
  command: string,
  args: readonly string[],
  { env = {}, signal, limit = 50_000 }: ChildOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } })
    const output = { stdout: '', stderr: '' }
    let sent = false
    child.stdout.on('data', (text: Buffer) => {
      output.stdout += text.toString()
      if (signal && !sent && output.stdout.includes('ready')) sent = child.kill(signal)
    })
    child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`still running after ${limit} ms: ${output.stdout}${output.stderr}`))
    }, limit)
    child.on('error', reject)
    child.on('close', (code, killed) => {
      clearTimeout(timer)
      resolve({ code, signal: killed, ...output })
    })
  })
}

/** What a module printed last, as JSON; fails with its errors where it did not end well. */
export async function valueOf<T>(source: string, options?: ChildOptions): Promise<T> {
  const { code, stdout, stderr } = await runModule(source, options)
  if (code !== 0) throw new Error(`the child ended with ${String(code)}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}
