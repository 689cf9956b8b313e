/** A model's folder: what is written comes back, and what is not a model is refused. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.js'
import { loadModel, saveModel, type ModelSpec } from '../../src/run/model-folder.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'
import { untrained, writeRandomModel } from './models.js'

const path = temporaryFolder()
let spec: ModelSpec
beforeAll(async () => {
  spec = await untrained(path('good'))
}, 60_000)

/** A copy of the sound model, to be spoilt. */
async function copy(name: string): Promise<string> {
  await mkdir(path(name))
  for (const file of ['model.json', 'weights.safetensors'])
    await copyFile(join(path('good'), file), join(path(name), file))
  return path(name)
}
async function spoiltSpec(name: string, change: (value: Record<string, unknown>) => unknown): Promise<string> {
  const folder = await copy(name)
  const value = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as Record<string, unknown>
  await writeFile(join(folder, 'model.json'), JSON.stringify(change(value)))
  return (await fileErrorOf(loadModel(folder))).message
}

it('comes back as it was saved', async () => {
  const model = await loadModel(path('good'))
  expect(model.spec).toMatchObject(JSON.parse(JSON.stringify(spec)) as object)
  await saveModel(path('again'), model.spec, model.weights)
  expect(await readFile(path('again/weights.safetensors'))).toEqual(await readFile(path('good/weights.safetensors')))
  expect(await readFile(path('again/model.json'), 'utf8')).toBe(await readFile(path('good/model.json'), 'utf8'))
})

it('comes back with the surrogate that it corrects, and not without it', async () => {
  await writeRandomModel(path('surrogate'), true)
  const { spec, weights, spectrum } = await loadModel(path('surrogate'))
  await saveModel(path('surrogate-again'), spec, weights, spectrum)
  const file = 'surrogate.safetensors'
  expect(await readFile(path(`surrogate-again/${file}`))).toEqual(await readFile(path(`surrogate/${file}`)))
  const bytes = await readFile(path(`surrogate/${file}`))
  await writeFile(path(`surrogate/${file}`), bytes.subarray(0, bytes.length / 2))
  expect((await fileErrorOf(loadModel(path('surrogate')))).message).toMatch(/surrogate\/surrogate\.safetensors/)
  await rm(path(`surrogate/${file}`))
  expect((await fileErrorOf(loadModel(path('surrogate')))).message).toMatch(/surrogate\/surrogate\.safetensors/)
})

describe('refuses, naming the file', () => {
  it('a folder without a model', async () => {
    expect((await fileErrorOf(loadModel(path('nowhere')))).message).toMatch(/nowhere\/model\.json/)
    const folder = await copy('weightless')
    await rm(join(folder, 'weights.safetensors'))
    expect((await fileErrorOf(loadModel(folder))).message).toMatch(/weightless\/weights\.safetensors/)
  })

  it('JSON that is another kind, cut off, or incomplete', async () => {
    expect(await spoiltSpec('foreign', () => ({ hello: 1 }))).toMatch(/model\.json.*another kind/s)
    expect(await spoiltSpec('list', () => null)).toMatch(/model\.json.*another kind/s)
    expect(await spoiltSpec('viewless', ({ view: _, ...rest }) => rest)).toMatch(/no 'view'/)
    const folder = await copy('cut')
    await writeFile(join(folder, 'model.json'), (await readFile(join(folder, 'model.json'))).subarray(0, 300))
    expect((await fileErrorOf(loadModel(folder))).message).toMatch(/cut\/model\.json/)
  })

  it('a newer version, with what to do', async () => {
    expect(await spoiltSpec('newer', value => ({ ...value, version: 2 }))).toMatch(/version 2.*train again/s)
  })

  it('weights that are cut off, of another file, or lack a tensor', async () => {
    const cut = await copy('cut-weights')
    const file = join(cut, 'weights.safetensors')
    const bytes = await readFile(file)
    for (const length of [0, 5, 200, bytes.length - 1]) {
      await writeFile(file, bytes.subarray(0, length))
      expect((await fileErrorOf(loadModel(cut))).message).toContain(file)
    }
    const { tensors, metadata } = await readSafetensors(path('good/weights.safetensors'))
    await writeSafetensors(file, tensors, {})
    expect((await fileErrorOf(loadModel(cut))).message).toMatch(/weights of a model of invdiff/)
    const [name, ...others] = Object.keys(tensors)
    await writeSafetensors(file, Object.fromEntries(others.map(n => [n, tensors[n]!])), metadata)
    expect((await fileErrorOf(loadModel(cut))).message).toContain(`the tensor '${name!}'`)
    await writeSafetensors(file, { ...tensors, [name!]: array(new Float32Array(3)) }, metadata)
    await expect(loadModel(cut)).rejects.toThrow(new RegExp(`weights\\.safetensors: ${name!}.*\\[3\\]`, 's'))
  })

  it('a network that there is not, and a parametrisation that there is not', async () => {
    const change = async (
      name: string,
      value: Partial<Record<keyof ModelSpec, unknown>>,
    ): Promise<Promise<unknown>> => {
      const folder = await copy(name)
      const whole = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as object
      await writeFile(join(folder, 'model.json'), JSON.stringify({ ...whole, ...value }))
      return loadModel(folder).catch((error: unknown) => { throw error }) // prettier-ignore
    }
    await expect(change('kind', { network: { kind: 'transformer' } })).rejects.toThrow(/no kind 'transformer'/)
    await expect(change('odd', { parametrisation: 'v' })).rejects.toThrow(/'v'/)
  })
})
