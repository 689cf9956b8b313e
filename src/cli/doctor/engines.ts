/** Which engines load and compute correctly. */
import * as tf from '@tensorflow/tfjs'
import { compile, loadEngine, type TensorFunction } from '../../compile/index.js'
import { array } from '../../io/array.js'
import { messageOf } from '../../io/error.js'

export const engines = ['onnx', 'tensorflow', 'cpu'] as const
export type Engine = (typeof engines)[number]

export interface EngineReport {
  readonly engine: Engine
  readonly usable: boolean
  /** Why not, or what it is. */
  readonly reason: string
}

const names: Record<Engine, string> = {
  onnx: 'ONNX Runtime, whole graphs; the default',
  tensorflow: 'TensorFlow through tfjs-node, one operation at a time',
  cpu: 'tfjs in JavaScript, one operation at a time; slow, for checking',
}

const product: TensorFunction = ({ a, b }) => ({ c: tf.matMul(a!, b!) })

/** Loads an engine and compares a small product with the known one. */
export async function checkEngine(engine: Engine): Promise<EngineReport> {
  try {
    tf.enableProdMode() // tfjs' advice to install tfjs-node is not ours
    if (engine !== 'onnx') await loadEngine(engine)
    const compiled = await compile(product, { a: [2, 2], b: [2, 2] }, { engine })
    const { c } = await compiled.run({
      a: array(Float32Array.of(1, 2, 3, 4), [2, 2]),
      b: array(Float32Array.of(5, 6, 7, 8), [2, 2]),
    })
    await compiled.dispose()
    const entries = [...(c!.data as Float32Array)].join(' ')
    if (entries === '19 22 43 50') return { engine, usable: true, reason: names[engine] }
    return { engine, usable: false, reason: `[1 2; 3 4] [5 6; 7 8] gives ${entries}, not 19 22 43 50` }
  } catch (error) {
    return { engine, usable: false, reason: messageOf(error) }
  }
}
