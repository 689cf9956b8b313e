/** The loss of weights on examples that training does not see: the same examples, levels and noise each time. */
import type { BatchSource } from './data.js'
import type { Learner, NamedArrays } from './learner.js'
import type { DrawNoise } from './noise.js'
import type { Settings } from './settings.js'

/** The mean loss over the first batches of the source; all of `heldOutBatches` unless told. */
export type HeldOutLoss = (weights: NamedArrays, batches?: number) => Promise<number>

export function heldOutOf(
  learner: Learner,
  source: BatchSource,
  { batch, heldOutBatches }: Pick<Settings, 'batch' | 'heldOutBatches'>,
  draw: DrawNoise,
): HeldOutLoss {
  return async (weights, batches = heldOutBatches) => {
    let sum = 0
    for (let k = 0; k < batches; k++)
      sum += (await learner.loss(weights, await source.batch(k, batch), draw(k, batch))).loss
    return sum / batches
  }
}
