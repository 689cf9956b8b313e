/** A runner in a worker thread: long calls leave this thread's timers, signals and servers alive. */
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { addGate, removeGate } from './gate.js'
import { openRunner, type NamedData, type Program, type Runner } from './runner.js'
import { mapRecord } from './signature.js'
import type { Data } from './value.js'

/** The same four calls as a `Runner`, as promises. */
export type AsyncRunner = {
  [K in keyof Runner]: (...args: Parameters<Runner[K]>) => Promise<Awaited<ReturnType<Runner[K]>>>
}

export interface Request {
  readonly id: number
  readonly call: 'open' | keyof Runner
  readonly args: readonly unknown[]
}
export type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: Error }

/** The compiled worker lies in dist, also when this file runs from its source (tests build first). */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/src/compile/worker.js' : './worker.js',
  import.meta.url,
)

export const buffersOf = (data: NamedData): ArrayBuffer[] => Object.values(data).map(d => d.buffer as ArrayBuffer)

/** Copies to give away. A view is copied alone: posting it as it is would copy all of the memory that it looks into. */
const copies = (data: NamedData): Record<string, Data> => mapRecord(data, d => d.slice())

export async function openRemoteRunner(program: Program, initial: NamedData): Promise<AsyncRunner> {
  const gate = addGate()
  // Flags of this process (loaders, --input-type) are not meant for a file of ours.
  const worker = new Worker(workerUrl, { execArgv: [], workerData: gate })
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  worker.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id)
    waiting.delete(reply.id)
    // An idle worker does not keep the process alive; one that computes does.
    if (waiting.size === 0) worker.unref()
    if ('error' in reply) asked?.reject(reply.error)
    else asked?.resolve(reply.result as never)
  })
  worker.on('error', fail)
  worker.on('exit', code => {
    removeGate(gate)
    fail(new Error(`the thread of this compiled function has ended (code ${code}): compile it again`))
  })
  const ask = <T>(call: Request['call'], args: readonly unknown[] = [], transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (failure) {
        reject(failure)
        return
      }
      const id = ++calls
      waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, call, args } satisfies Request, transfer)
    })
  const give = <T>(call: 'run' | 'setState', data: NamedData): Promise<T> => {
    const own = copies(data)
    return ask(call, [own], buffersOf(own))
  }
  const own = copies(initial)
  await ask('open', [program, own], [program.bytes.buffer, ...buffersOf(own)]).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  return {
    run: inputs => give('run', inputs),
    state: () => ask('state'),
    setState: state => give('setState', state),
    dispose: async () => {
      if (failure) return
      await ask('dispose')
      await worker.terminate()
    },
  }
}

/** The result of `f`, called after pending events have been let through. */
export async function soon<T>(f: () => T): Promise<T> {
  await setImmediate()
  return f()
}

/** The same calls in this thread. */
export function openLocalRunner(program: Program, initial: NamedData): AsyncRunner {
  const runner = openRunner(program, initial)
  return {
    run: inputs => soon(() => runner.run(inputs)),
    state: () => soon(() => runner.state()),
    setState: state => soon(() => runner.setState(state)),
    dispose: () => soon(() => runner.dispose()),
  }
}
