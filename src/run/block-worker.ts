/** A thread that makes blocks of training data as asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { simulateBlock } from './block.js'
import { priorMoments } from './moments.js'
import { loadProblem } from './problems.js'
import type { BlockRequest, BlockReply, BlockTask } from './block-pool.js'

const { problem, shape, families, view, key, options } = workerData as BlockTask
const whole = (await loadProblem(problem)).build(shape)
const parts = { ...whole, operators: whole.operators.filter(({ name }) => families.includes(name)) }
const prior = await priorMoments(parts)

parentPort!.on('message', ({ index }: BlockRequest) => {
  try {
    const { x, channels, embedding } = simulateBlock(parts, prior, view, key, index, options)
    const data = { x: x.data, channels: channels.data, embedding: embedding.data }
    const buffers = Object.values(data).map(d => d.buffer as ArrayBuffer)
    parentPort!.postMessage({ index, data } satisfies BlockReply, buffers)
  } catch (error) {
    parentPort!.postMessage({ index, error: error as Error } satisfies BlockReply)
  }
})
