/** Models that need no training: what they say of a problem is nonsense, but they say it like any other. */
import { array, sizeOf, type NdArray } from '../../src/io/array.js'
import { derive, key, normal } from '../../src/random.js'
import { saveModel, type ModelSpec } from '../../src/run/model-folder.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes } from '../../src/run/process.js'
import { seeing } from '../../src/run/seeing.js'
import { channelsOf, embeddingOf } from '../../src/run/view.js'
import type { Network } from '../../src/scores/network.js'
import { openNetwork } from '../../src/scores/networks.js'

export const source = 'advection-diffusion/source'
export const fluxShape = [32]

const perceptron = { kind: 'mlp', width: 16, blocks: 1 }

/** Writes a model with the weights of the first step. */
export const untrained = (
  folder: string,
  problem = source,
  shape: readonly number[] = [8, 8],
  network: object = perceptron,
): Promise<ModelSpec> => write(folder, { problem, shape, network }, opened => opened.init(key(0)))

/** Writes a model of the boundary flux whose weights are all random: its network's output is not 0. */
export const writeRandomModel = (folder: string, surrogate = false): Promise<ModelSpec> =>
  write(
    folder,
    {
      problem: 'advection-diffusion/boundary-flux',
      shape: fluxShape,
      network: { kind: 'unet', widths: [8, 16], groups: 4, embeddingWidth: 16 },
      surrogate,
    },
    randomWeights,
  )

function randomWeights({ parameters }: Network): Record<string, NdArray<Float32Array>> {
  const draw = (name: string, shape: readonly number[]): NdArray<Float32Array> => {
    const size = sizeOf(shape)
    const fan = Math.max(1, size / shape[0]!)
    return array(normal(derive(key(7), name), new Float32Array(size)).map(v => v / Math.sqrt(fan)), shape) // prettier-ignore
  }
  return Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [name, draw(name, shape)]))
}

async function write(
  folder: string,
  { problem, shape, network: kind, surrogate = false }: { problem: string; shape: readonly number[]; network: object; surrogate?: boolean }, // prettier-ignore
  weights: (network: Network) => Record<string, NdArray<Float32Array>>,
): Promise<ModelSpec> {
  const parts = (await loadProblem(problem)).build(shape)
  const { view, spectrum } = await seeing(parts, { surrogate })
  const channels = channelsOf(view) + (spectrum ? 1 : 0)
  const network = openNetwork({ ...kind, shape, channels, embedding: embeddingOf(view) })
  const spec: ModelSpec = {
    ...{ problem, shape, process: processes.vp, time: 't = 0 is data, t = 1 is noise', network: network.spec },
    ...{ parametrisation: 'edm', sigmaData: 1, view, operators: parts.operators },
    training: { seed: 0, steps: 0, batch: 1, seconds: 0, loss: 'mse', heldOut: null },
  }
  await saveModel(folder, spec, weights(network), spectrum)
  return spec
}
