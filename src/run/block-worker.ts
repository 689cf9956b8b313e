/** A thread that makes blocks of training data as asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { blockMaker } from './block-maker.js'
import type { BlockData, BlockTask } from './block-pool.js'
import type { PoolReply, PoolRequest } from './worker-pool.js'

const blockOf = await blockMaker(workerData as BlockTask)

parentPort!.on('message', ({ index }: PoolRequest<null>) => {
  try {
    const { x, channels, embedding, rotations, variances } = blockOf(index)
    const own = { x: x.data, channels: channels.data, embedding: embedding.data }
    const data = { ...own, rotations: rotations.data, variances: variances.data }
    const buffers = Object.values(data).map(d => d.buffer as ArrayBuffer)
    parentPort!.postMessage({ index, data } satisfies PoolReply<BlockData>, buffers)
  } catch (error) {
    parentPort!.postMessage({ index, error: error as Error } satisfies PoolReply<BlockData>)
  }
})
