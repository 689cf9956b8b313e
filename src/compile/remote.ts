/** A runner in a worker thread: long calls leave this thread's timers, signals and servers alive. */
import { Worker } from 'node:worker_threads'
import { openRunner, type Program, type Runner } from './runner.js'
import type { Data } from './value.js'

/** The same four calls as a `Runner`, as promises. */
export type AsyncRunner = {
  [K in keyof Runner]: (...args: Parameters<Runner[K]>) => Promise<Awaited<ReturnType<Runner[K]>>>
}

export interface Request {
  readonly id: number
  readonly call: keyof Runner
  readonly args: readonly unknown[]
}
export type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: Error }

/** The compiled worker lies in dist, also when this file runs from its source (tests build first). */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/src/compile/worker.js' : './worker.js',
  import.meta.url,
)

export async function openRemoteRunner(
  program: Program,
  initial: Readonly<Record<string, Data>>,
): Promise<AsyncRunner> {
  const worker = new Worker(workerUrl, { workerData: { program, initial } })
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(error)
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
  worker.on('exit', () => {
    fail(new Error('this compiled function has been disposed: compile it again'))
  })
  const ask = <T>(call: keyof Runner, ...args: unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (failure) {
        reject(failure)
        return
      }
      const id = ++calls
      waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, call, args } satisfies Request)
    })
  await ask('state').catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  return {
    run: inputs => ask('run', inputs),
    state: () => ask('state'),
    setState: state => ask('setState', state),
    dispose: async () => {
      if (failure) return
      await ask('dispose')
      await worker.terminate()
    },
  }
}

/** The same calls in this thread; each lets pending events through first. */
export function openLocalRunner(program: Program, initial: Readonly<Record<string, Data>>): AsyncRunner {
  const runner = openRunner(program, initial)
  const call = <T>(f: () => T): Promise<T> =>
    new Promise((resolve, reject) =>
      setImmediate(() => {
        try {
          resolve(f())
        } catch (error) {
          reject(error as Error)
        }
      }),
    )
  return {
    run: inputs => call(() => runner.run(inputs)),
    state: () => call(() => runner.state()),
    setState: state => call(() => runner.setState(state)),
    dispose: () => call(() => runner.dispose()),
  }
}
