/** Models of small problems that need no training: the weights are those of the first step. */
import { key } from '../../src/random.js'
import { saveModel, type ModelSpec } from '../../src/run/model-folder.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes } from '../../src/run/process.js'
import { channelsOf, embeddingOf, viewSpec } from '../../src/run/view.js'
import { openNetwork } from '../../src/scores/networks.js'

export const source = 'advection-diffusion/source'

/** Writes an untrained model of a problem into a folder. */
export async function untrained(
  folder: string,
  problem = source,
  shape: readonly number[] = [8, 8],
): Promise<ModelSpec> {
  const parts = (await loadProblem(problem)).build(shape)
  const view = viewSpec(parts, await priorMoments(parts), 'lmmse')
  const sizes = { shape, channels: channelsOf(view), embedding: embeddingOf(view) }
  const network = openNetwork({ kind: 'mlp', ...sizes, width: 16, blocks: 1 })
  const spec: ModelSpec = {
    ...{ problem, shape, process: processes.vp, time: 't = 0 is data, t = 1 is noise', network: network.spec },
    ...{ parametrisation: 'edm', sigmaData: 1, view, operators: parts.operators },
    training: { seed: 0, steps: 0, batch: 1, seconds: 0, loss: 'mse', heldOut: null },
  }
  await saveModel(folder, spec, network.init(key(0)))
  return spec
}
