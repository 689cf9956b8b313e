/** `node probe.js DEVICE`: runs a small graph there, compares it with the known answer, and prints a `DeviceReport`. */
import { emit } from './emit.js'
import { elementwise, matMul } from './ops.js'
import { openSession, type Device } from './session.js'
import { tensorOf } from './tensor.js'
import { leaf } from './value.js'

/** tanh(A B) for A = cos(i + 2 j) / n and B = sin(2 i + j), n x n: entry (0, 0) is summed here in double. */
const n = 256
const a = new Float32Array(n * n).map((_, k) => Math.cos(Math.floor(k / n) + 2 * (k % n)) / n)
const b = new Float32Array(n * n).map((_, k) => Math.sin(2 * Math.floor(k / n) + (k % n)))

function expected(i: number, j: number): number {
  let sum = 0
  for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!
  return Math.tanh(sum)
}

function report(device: Device): object {
  const [x, w] = [leaf(a, [n, n], 'float32'), leaf(b, [n, n], 'float32')]
  const model = emit({ y: elementwise('Tanh', [matMul(x, w)]) }, { asInput: v => v === x })
  const session = openSession(model.bytes, { device })
  const feeds = { [model.inputNames[0]!]: tensorOf(a, [n, n], 'float32') }
  let milliseconds = Infinity
  let y = new Float32Array()
  for (let run = 0; run < 5; run++) {
    const start = performance.now()
    y = session.run(feeds, { y: null }).y!.data as Float32Array<ArrayBuffer>
    milliseconds = Math.min(milliseconds, performance.now() - start)
  }
  session.dispose()
  const places = [0, 1, 77, n - 1].flatMap(i => [0, 5, n - 1].map(j => [i, j] as const))
  const worst = Math.max(...places.map(([i, j]) => Math.abs(y[i * n + j]! - expected(i, j))))
  // Half-precision matrix units (TF32 keeps 10 bits) stay under 1e-3 here; anything worse is wrong.
  if (!(worst < 1e-3))
    return { device, usable: false, reason: `a matrix product is wrong by ${worst.toExponential(1)}` }
  const reason = `${n} x ${n} product in ${milliseconds.toFixed(2)} ms, error ${worst.toExponential(1)}`
  return { device, usable: true, reason, milliseconds }
}

const device = process.argv[2] as Device
try {
  process.stdout.write(`\n${JSON.stringify(report(device))}\n`)
} catch (error) {
  const reason = (error as Error).message.replace(/^\/\S+ |\s+/g, ' ').trim()
  process.stdout.write(`\n${JSON.stringify({ device, usable: false, reason })}\n`)
}
process.exit(0)
