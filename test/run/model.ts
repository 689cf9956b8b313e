/** A model whose weights are random: what it says of a problem is nonsense, but it says it like any other. */
import { array } from '../../src/io/array.js'
import { derive, key, normal } from '../../src/random.js'
import { saveModel } from '../../src/run/model-folder.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes } from '../../src/run/process.js'
import { channelsOf, embeddingOf, viewSpec } from '../../src/run/view.js'
import { openNetwork } from '../../src/scores/networks.js'

export const problem = 'advection-diffusion/boundary-flux'
export const shape = [32]

export async function writeRandomModel(folder: string): Promise<void> {
  const parts = (await loadProblem(problem)).build(shape)
  const view = viewSpec(parts, await priorMoments(parts), 'lmmse')
  const [channels, embedding] = [channelsOf(view), embeddingOf(view)]
  const network = openNetwork({ kind: 'unet', shape, channels, embedding, widths: [8, 16], groups: 4, embeddingWidth: 16 }) // prettier-ignore
  const weights = Object.entries(network.parameters).map(([name, extents]) => {
    const size = extents.reduce((a, b) => a * b, 1)
    const fan = Math.max(1, size / extents[0]!)
    return [name, array(normal(derive(key(7), name), new Float32Array(size)).map(v => v / Math.sqrt(fan)), extents)] as const // prettier-ignore
  })
  await saveModel(
    folder,
    {
      ...{ problem, shape, process: processes.vp, time: 't = 0 is data, t = 1 is noise', network: network.spec, view },
      ...{ parametrisation: 'edm', sigmaData: 1, operators: parts.operators },
      training: { seed: 0, steps: 0, batch: 0, seconds: 0, loss: 'mse', heldOut: null },
    },
    Object.fromEntries(weights),
  )
}
