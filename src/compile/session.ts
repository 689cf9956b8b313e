/**
 * One ONNX Runtime session, synchronous: the only place that touches the engine.
 *
 * `onnxruntime-node`'s public calls wrap this same native binding in promises but block the thread all the same; tfjs'
 * `dataSync` needs the plain call. The package is pinned to one version, and test/compile/session.test.ts pins the binding.
 */
import { createRequire } from 'node:module'
import type { InferenceSession as Ort } from 'onnxruntime-node'
import ort from 'onnxruntime-node'

export type Device = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml'

export interface SessionOptions {
  readonly device?: Device
  /** Threads inside one operator; default: one for each processor. */
  readonly threads?: number
  /** Whether memory is laid out ahead of a run (default) or as the run goes on. */
  readonly planMemory?: boolean
  /** Where ONNX Runtime writes a profile of every run (a path's beginning); for bench and debugging. */
  readonly profile?: string
  /** Whether memory for results in between is kept from run to run. Default true. */
  readonly arena?: boolean
}

/** Tensors by name, as ONNX Runtime takes and gives them. */
export type Tensors = Record<string, ort.Tensor>

export interface Session {
  /** Computes the outputs named in `fetches`; a tensor there is written into, `null` asks for a new one. */
  run(feeds: Tensors, fetches: Record<string, ort.Tensor | null>): Tensors
  dispose(): void
}

interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: Ort.SessionOptions): void
  run(feeds: Tensors, fetches: Record<string, ort.Tensor | null>, options: object): Tensors
  dispose(): void
  endProfiling(): void
}

interface Binding {
  initOrt(): void
  binding: { InferenceSession: new () => NativeSession }
}

const engine = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Binding

export function openSession(
  model: Uint8Array,
  { device = 'cpu', threads, profile, arena = true, planMemory = true }: SessionOptions = {},
): Session {
  engine.initOrt()
  const native = new engine.binding.InferenceSession()
  native.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    graphOptimizationLevel: 'all',
    // Errors are thrown; the engine need not print them too.
    logSeverityLevel: 4,
    enableCpuMemArena: arena,
    enableMemPattern: planMemory,
    // Idle threads spin for a millisecond, to meet the next operation or call, and no longer: they would otherwise slow
    // every other session.
    extra: { session: { 'intra_op.spin_duration_us': '1000' } },
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  })
  let open = true
  return {
    run(feeds, fetches) {
      if (!open) throw new Error('this compiled function has been disposed: compile it again')
      return native.run(feeds, fetches, {})
    },
    dispose() {
      if (!open) return
      open = false
      if (profile !== undefined) native.endProfiling()
      native.dispose()
    },
  }
}
