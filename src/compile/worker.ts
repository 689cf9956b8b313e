/** The thread behind `openRemoteRunner`: opens one runner and calls it as asked. */
import { parentPort, workerData } from 'node:worker_threads'
import { through, type Gate } from './gate.js'
import { openRunner, type NamedData, type Program, type Runner } from './runner.js'
import { buffersOf, type Reply, type Request } from './remote.js'

let runner: Runner | undefined

function answer({ call, args }: Request): unknown {
  if (call !== 'open') return (runner![call] as (...args: readonly unknown[]) => unknown)(...args)
  runner = openRunner(...(args as [Program, NamedData]))
  return undefined
}

parentPort!.on('message', (request: Request) => {
  const { id, call } = request
  const reply = (message: Reply, transfer: ArrayBuffer[] = []): void => parentPort!.postMessage(message, transfer)
  try {
    const result = through(workerData as Gate, () => answer(request))
    // Results of a run belong to nobody here, so they move; the state's buffers stay, so they are copied.
    reply({ id, result }, call === 'run' && result ? buffersOf(result as NamedData) : [])
  } catch (error) {
    reply({ id, error: error as Error })
  }
})
