/** Threads that run one module of this folder and answer requests, each by its index. */
import { Worker } from 'node:worker_threads'

/** What a thread is sent. */
export interface PoolRequest<Q> {
  readonly index: number
  readonly request: Q
}
/** What it sends back. */
export type PoolReply<T> =
  { readonly index: number; readonly data: T } | { readonly index: number; readonly error: Error }

export interface WorkerPool<Q, T> {
  /** The answer to a request, from thread `index` modulo their number; one at a time for each index. @throws what it threw. */
  ask(index: number, request: Q): Promise<T>
  dispose(): Promise<void>
}

/** Compiled workers lie in dist, also when this file runs from its source (tests build first). */
const folder = new URL(import.meta.url.endsWith('.ts') ? '../../dist/src/run/' : './', import.meta.url)

interface Waiting<T> {
  readonly resolve: (data: T) => void
  readonly reject: (error: Error) => void
}

/**
 * @param module the file's name without its ending; it gets `task` as its workerData.
 * @param threads how many answer at the same time.
 */
export function openWorkers<Q, T>(module: string, task: object, threads: number): WorkerPool<Q, T> {
  const waiting = new Map<number, Waiting<T>>()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL(`${module}.js`, folder), { execArgv: [], workerData: task })
    worker.on('message', (reply: PoolReply<T>) => {
      const asked = waiting.get(reply.index)
      waiting.delete(reply.index)
      if ('error' in reply) asked?.reject(reply.error)
      else asked?.resolve(reply.data)
    })
    worker.on('error', fail)
    worker.on('exit', code => fail(new Error(`a thread that simulates data has ended (code ${code})`)))
    return worker
  })
  return {
    ask: (index, request) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure)
          return
        }
        waiting.set(index, { resolve, reject })
        workers[index % threads]!.postMessage({ index, request } satisfies PoolRequest<Q>)
      }),
    async dispose() {
      await Promise.all(workers.map(worker => worker.terminate()))
    },
  }
}
