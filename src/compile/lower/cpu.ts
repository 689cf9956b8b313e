/** What the CPU does faster in another form than standard ONNX's: ONNX Runtime's own operators and layouts. */
import type { Value } from '../value.js'
import { lowerPortably } from './portable.js'

/** `constants` names the placeholders whose values are written into the model. */
export const lowerForCpu = (outputs: readonly Value[], _constants?: ReadonlySet<string>): readonly Value[] =>
  lowerPortably(outputs)
