/** Lazy evaluation: runs what a set of values needs as one graph, and stores the results in them. */
import { emit, type Model } from './emit.js'
import { lowerForCpu } from './lower/cpu.js'
import { openSession, type Session, type SessionOptions, type Tensors } from './session.js'
import { tensorOf } from './tensor.js'
import { elementsMade, topological, type Data, type Node, type Value } from './value.js'

/**
 * Sessions by the bytes of their model: a loop records the same graph again and again. They keep no memory between runs:
 * sixty-four of them would keep sixty-four times the most that each has needed.
 */
const sessions = new Map<string, Session>()
const MOST_SESSIONS = 64
/** Graphs that make fewer elements run on one thread: starting others would take longer than the work. */
const WORTH_THREADS = 2 ** 16

export function evaluate(values: readonly Value[]): void {
  refusePlaceholders(values)
  const lowered = lowerForCpu(values)
  const outputs = Object.fromEntries(lowered.map((v, i) => [`out${i}`, v]))
  const model = emit(outputs, { asInput: () => true })
  const feeds: Tensors = {}
  model.leaves.forEach((v, i) => {
    const data = v.data instanceof Float64Array ? new Float32Array(v.data) : v.data!
    feeds[model.inputNames[i]!] = tensorOf(data, v.shape, v.dtype)
  })
  const results = sessionOf(model, elementsMade(lowered) < WORTH_THREADS ? { threads: 1 } : {}).run(
    feeds,
    Object.fromEntries(model.outputNames.map(n => [n, null])),
  )
  values.forEach((v, i) => {
    v.data = results[`out${i}`]!.data as Data
    v.node = null
  })
}

function sessionOf({ bytes }: Model, options: SessionOptions): Session {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const known = sessions.get(key)
  const session = known ?? openSession(bytes, { ...options, arena: false })
  sessions.delete(key)
  sessions.set(key, session)
  if (sessions.size > MOST_SESSIONS) {
    const [oldest, unused] = sessions.entries().next().value!
    unused.dispose()
    sessions.delete(oldest)
  }
  return session
}

/** Those values that are still to be computed, and can be: they depend on no input of a function being traced. */
export function computable(held: Iterable<Value>): Value[] {
  const open = [...held].filter(v => v.node)
  const blocked = new Set<Node>()
  for (const node of topological(open))
    if (node.inputs.some(v => v?.placeholder ?? (v?.node && blocked.has(v.node)))) blocked.add(node)
  return open.filter(v => !blocked.has(v.node!))
}

function refusePlaceholders(values: readonly Value[]): void {
  const read = [...values, ...topological(values).flatMap(n => n.inputs)]
  const input = read.find(v => v?.placeholder)?.placeholder
  if (input)
    throw new Error(
      `${input.traced}: reads the value of a tensor that depends on its input '${input.name}' while it is being traced. ` +
        'A compiled function is recorded once, without data: use tensor operations (tf.where, tf.sum, ...) instead of ' +
        'data(), dataSync(), arraySync() or JavaScript branches on values, or pass what must be read as an argument.',
    )
}
