import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, exportOnnx, writeOnnx, type Arrays, type BoundaryArray } from '../../src/compile/index.js'
import { ModelProtoSchema, type ModelProto } from '../../src/compile/onnx/onnx_pb.js'
import { runProcess } from './child.js'
import { adamState, adamStep, convolutional, floats, mlp, relativeDifference, type Net } from './steps.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'invdiff-export-'))
})
afterAll(() => rm(folder, { recursive: true }))

const parsed = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes)
const forward = (net: Net) => function denoise({ x, ...w }: Record<string, tf.Tensor>) { return { mean: net.forward(w, x!) } } // prettier-ignore

/** The outputs of a file, as a process that has nothing of ours loaded computes them with the package's public API. */
async function runInNode(file: string, inputs: Arrays): Promise<Record<string, BoundaryArray>> {
  const given = Object.entries(inputs).map(([k, a]) => [k, a.dtype, Array.from(a.data), a.shape])
  const source = `
    import ort from 'onnxruntime-node'
    const session = await ort.InferenceSession.create(${JSON.stringify(file)})
    const types = { float32: Float32Array, float64: Float64Array }
    const feeds = Object.fromEntries(${JSON.stringify(given)}.map(([k, t, d, s]) => [k, new ort.Tensor(t, types[t].from(d), s)]))
    const results = await session.run(feeds)
    const { inputNames, outputNames } = session
    const outputs = Object.entries(results).map(([k, t]) => [k, t.type, Array.from(t.data), t.dims])
    console.log(JSON.stringify({ inputNames, outputNames, outputs }))`
  const { code, stdout, stderr } = await runProcess(process.execPath, ['--input-type=module', '--eval', source])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const { inputNames, outputs } = JSON.parse(stdout) as {
    inputNames: string[]
    outputs: [string, string, number[], number[]][]
  }
  expect(inputNames).toEqual(Object.keys(inputs))
  return Object.fromEntries(
    outputs.map(([k, type, data, shape]) => [
      k,
      ndarray((type === 'float64' ? Float64Array.from(data) : Float32Array.from(data)) as Float32Array, shape),
    ]),
  )
}

const python = process.env.PYTHON ?? 'python3'
const checker = `
import json, sys, onnx, onnxruntime, numpy
path, given = sys.argv[1], json.load(open(sys.argv[2]))
onnx.checker.check_model(onnx.load(path), full_check=True)
session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
feeds = {k: numpy.array(d, dtype=t).reshape(s) for k, t, d, s in given}
names = [o.name for o in session.get_outputs()]
print(json.dumps({k: v.ravel().tolist() for k, v in zip(names, session.run(names, feeds))}))
`
const hasPython = await runProcess(python, ['-c', 'import onnxruntime, onnx']).then(
  r => r.code === 0,
  () => false,
)

const cases = [
  { name: 'mlp', net: mlp, precision: 'float32', tolerance: 1e-6 },
  { name: 'convolutional', net: convolutional, precision: 'float32', tolerance: 1e-6 },
  { name: 'convolutional in double', net: convolutional, precision: 'float64', tolerance: 1e-14 },
] as const

describe.each(cases)('$name, its weights written in', ({ name, net, precision, tolerance }) => {
  const f = forward(net)
  const x = floats(net.x, 30)
  const inputs = precision === 'float64' ? { x: ndarray(Float64Array.from(x.data), x.shape) } : { x }
  const file = (): string => join(folder, `${name}.onnx`)
  let expected: Arrays

  beforeAll(async () => {
    await writeOnnx(file(), f, { x: net.x }, { constants: net.weights, precision })
    const compiled = await compile(f, { x: net.x }, { constants: net.weights, precision })
    expected = await compiled.run(inputs)
    await compiled.dispose()
  })

  it('gives in a clean process what the compiled function gives', async () => {
    const actual = await runInNode(file(), inputs)
    expect(Object.keys(actual)).toEqual(['mean'])
    expect(actual.mean!.shape).toEqual([...net.y])
    expect(relativeDifference(actual, expected)).toBeLessThan(tolerance)
  })

  it.skipIf(!hasPython)('passes the ONNX checker and agrees in Python', async () => {
    const given = Object.entries(inputs).map(([k, a]) => [k, a.dtype, Array.from(a.data), a.shape])
    await writeFile(join(folder, `${name}.json`), JSON.stringify(given))
    const { code, stdout, stderr } = await runProcess(python, ['-c', checker, file(), join(folder, `${name}.json`)])
    expect(code, stderr).toBe(0)
    const { mean } = JSON.parse(stdout) as { mean: number[] }
    // Another version of the engine may add in another order.
    const actual = { mean: ndarray(Float64Array.from(mean), [...net.y]) }
    expect(relativeDifference(actual, expected)).toBeLessThan(precision === 'float64' ? 1e-14 : 2e-6)
  })
})

describe('the file', () => {
  it('has standard operators only, of the opset that it states', () => {
    const step = adamStep(convolutional)
    const renamed = ({ x, y, ...state }: Record<string, tf.Tensor>) =>
      Object.fromEntries(Object.entries(step({ x: x!, y: y!, ...state })).map(([k, t]) => [`${k}.next`, t]))
    const shapes = Object.fromEntries(Object.entries(adamState(convolutional)).map(([k, a]) => [k, a.shape]))
    for (const precision of ['float32', 'float64'] as const) {
      const model = parsed(exportOnnx(renamed, { x: convolutional.x, y: convolutional.y, ...shapes }, { precision }))
      expect(model.opsetImport.map(o => [o.domain, Number(o.version)])).toEqual([['', 21]])
      expect(model.graph!.node.length).toBeGreaterThan(50)
      expect(new Set(model.graph!.node.map(n => n.domain))).toEqual(new Set(['']))
    }
  })

  it("names inputs in the signature's order, also unread ones, and outputs in the function's", () => {
    const f = function shuffled({ a, b }: Record<string, tf.Tensor>) { return { z: tf.neg(b!), _0: tf.add(a!, b!), k: tf.scalar(2) } } // prettier-ignore
    const { graph } = parsed(exportOnnx(f, { unread: { shape: [2], dtype: 'int32' }, b: [3], a: [3] }))
    expect(graph!.input.map(i => i.name)).toEqual(['unread', 'b', 'a'])
    expect(graph!.output.map(o => o.name)).toEqual(['z', '_0', 'k'])
    const made = graph!.node.flatMap(n => n.output).concat(graph!.initializer.map(t => t.name))
    expect(new Set(made).size).toBe(made.length)
  })

  it('says who made it, from what, and in which precision', () => {
    const model = parsed(exportOnnx(forward(mlp), { x: mlp.x }, { constants: mlp.weights }))
    expect(model.producerName).toBe('invdiff')
    expect(model.producerVersion).toMatch(/^\d+\.\d+\.\d+/)
    expect(model.irVersion).toBe(10n)
    expect(model.graph!.name).toBe('denoise')
    const properties = Object.fromEntries(model.metadataProps.map(p => [p.key, p.value]))
    expect(properties).toEqual({ function: 'denoise', precision: 'float32', opset: '21' })
  })

  it('is whole or not there: a failed export leaves the former file', async () => {
    const file = join(folder, 'kept.onnx')
    const f = forward(mlp)
    await writeOnnx(file, f, { x: mlp.x }, { constants: mlp.weights })
    const before = await readFile(file)
    expect(() => writeOnnx(file, f, { x: [1, 4] }, { constants: mlp.weights })).toThrow()
    expect(await readFile(file)).toEqual(before)
    expect((await readdir(folder)).filter(n => n.endsWith('.tmp'))).toEqual([])
    await expect(writeOnnx(join(folder, 'none', 'x.onnx'), f, { x: mlp.x }, { constants: mlp.weights })).rejects.toThrow(/none/) // prettier-ignore
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  it('refuses an output with the name of an input', () => {
    const f = function step({ x }: Record<string, tf.Tensor>) { return { x: tf.square(x!) } } // prettier-ignore
    expect(() => exportOnnx(f, { x: [1] })).toThrow(/^step: 'x' is an input and an output.*rename the output/)
  })
})
