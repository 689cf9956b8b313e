/** The thread behind `openRemoteRunner`. */
import { parentPort, workerData } from 'node:worker_threads'
import { openRunner, type Program } from './runner.js'
import type { Reply, Request } from './remote.js'
import type { Data } from './value.js'

const { program, initial } = workerData as { program: Program; initial: Record<string, Data> }
const runner = openRunner(program, initial)

parentPort!.on('message', ({ id, call, args }: Request) => {
  const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => parentPort!.postMessage(message, transfer)
  try {
    const result = (runner[call] as (...args: readonly unknown[]) => unknown)(...args)
    // Results of a run belong to nobody here, so they move; the state's buffers stay, so they are copied.
    const moved = call === 'run' ? Object.values(result as Record<string, Data>).map(d => d.buffer as ArrayBuffer) : []
    reply({ id, result }, moved)
  } catch (error) {
    reply({ id, error: error as Error })
  }
})
