/** Blocks of training data from worker threads, each asked for by its index. */
import { Worker } from 'node:worker_threads'
import type { Key } from '../random.js'
import type { BlockOptions } from './block.js'
import type { ViewSpec } from './view.js'

/** Everything that a worker needs to make any block. */
export interface BlockTask {
  /** Name or path of the problem. */
  readonly problem: string
  readonly shape: readonly number[]
  /** Families of its mixture that are drawn from. */
  readonly families: readonly string[]
  readonly view: ViewSpec
  readonly key: Key
  readonly options: BlockOptions
}

/** The arrays of a block, flat. */
export interface BlockData {
  readonly x: Float32Array
  readonly channels: Float32Array
  readonly embedding: Float32Array
}

export interface BlockRequest {
  readonly index: number
}
export type BlockReply =
  { readonly index: number; readonly data: BlockData } | { readonly index: number; readonly error: Error }

export interface BlockPool {
  /** Block `index`; asked for once, it is made once. */
  block(index: number): Promise<BlockData>
  dispose(): Promise<void>
}

/** The compiled worker lies in dist, also when this file runs from its source (tests build first). */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/src/run/block-worker.js' : './block-worker.js',
  import.meta.url,
)

interface Waiting {
  readonly resolve: (data: BlockData) => void
  readonly reject: (error: Error) => void
}

/** @param threads workers that make blocks at the same time. */
export function openBlockPool(task: BlockTask, threads = 1): BlockPool {
  const waiting = new Map<number, Waiting>()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(workerUrl, { execArgv: [], workerData: task })
    worker.on('message', (reply: BlockReply) => {
      const asked = waiting.get(reply.index)
      waiting.delete(reply.index)
      if ('error' in reply) asked?.reject(reply.error)
      else asked?.resolve(reply.data)
    })
    worker.on('error', fail)
    worker.on('exit', code => fail(new Error(`the thread that simulates training data has ended (code ${code})`)))
    return worker
  })
  return {
    block: index =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure)
          return
        }
        waiting.set(index, { resolve, reject })
        workers[index % threads]!.postMessage({ index } satisfies BlockRequest)
      }),
    async dispose() {
      await Promise.all(workers.map(worker => worker.terminate()))
    },
  }
}
