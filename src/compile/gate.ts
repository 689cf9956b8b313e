/**
 * A gate before the engine's calls in a worker thread. When a process exits, Node stops its threads wherever they are, and
 * ONNX Runtime's binding aborts the process if it is stopped inside a call: so leaving waits for the call that runs, and
 * lets no other begin.
 */
const OPEN = 0
const BUSY = 1
const CLOSING = 2
const CLOSED = 3

export type Gate = Int32Array<SharedArrayBuffer>

const gates = new Set<Gate>()

/** A gate for one worker of this thread; `removeGate` when that has ended. */
export function addGate(): Gate {
  if (gates.size === 0) process.on('exit', closeAll)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  gates.add(gate)
  return gate
}

export function removeGate(gate: Gate): void {
  gates.delete(gate)
  if (gates.size === 0) process.off('exit', closeAll)
}

function closeAll(): void {
  for (const gate of gates) if (Atomics.exchange(gate, 0, CLOSING) === BUSY) Atomics.wait(gate, 0, CLOSING)
}

/** In the worker: the result of `f`, or undefined where the process is leaving. */
export function through<T>(gate: Gate, f: () => T): T | undefined {
  if (Atomics.compareExchange(gate, 0, OPEN, BUSY) !== OPEN) return undefined
  try {
    return f()
  } finally {
    if (Atomics.compareExchange(gate, 0, BUSY, OPEN) === CLOSING) {
      Atomics.store(gate, 0, CLOSED)
      Atomics.notify(gate, 0)
    }
  }
}
