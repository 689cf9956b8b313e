/** A thread that simulates blocks and writes each as a shard. */
import { parentPort, workerData } from 'node:worker_threads'
import { blockMaker } from './block-maker.js'
import { writeShard } from './shard.js'
import type { Shard, ShardTask } from './simulate.js'
import type { PoolReply, PoolRequest } from './worker-pool.js'

const { origin, ...task } = workerData as ShardTask
const blockOf = await blockMaker(task)

async function write({ index: thread, request: { index, file, rows } }: PoolRequest<Shard>): Promise<PoolReply<null>> {
  try {
    await writeShard(file, blockOf(index), rows, { ...origin, block: index })
    return { index: thread, data: null }
  } catch (error) {
    return { index: thread, error: error as Error }
  }
}

parentPort!.on('message', (asked: PoolRequest<Shard>) => {
  void write(asked).then(reply => {
    parentPort!.postMessage(reply)
  })
})
