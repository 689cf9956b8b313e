/** The kernel table: one row for each tfjs kernel, by its tfjs name. */
import { elementwiseKernels } from './elementwise.js'
import { matrixKernels } from './matrix.js'
import { convolutionKernels } from './convolution.js'
import { dilationKernels } from './dilation.js'
import { fusedKernels } from './fused.js'
import { imageKernels } from './image.js'
import { indexingKernels } from './indexing.js'
import { layerKernels } from './layers.js'
import { normalisationKernels } from './normalisation.js'
import { poolingKernels } from './pooling.js'
import { reductionKernels } from './reduction.js'
import { scanKernels } from './scan.js'
import { shapeKernels } from './shape.js'
import { transformKernels } from './transform.js'
import type { Kernel } from './kernel.js'

export type { Kernel, KernelResult } from './kernel.js'

export const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...scanKernels,
  ...shapeKernels,
  ...indexingKernels,
  ...matrixKernels,
  ...convolutionKernels,
  ...dilationKernels,
  ...fusedKernels,
  ...imageKernels,
  ...normalisationKernels,
  ...layerKernels,
  ...poolingKernels,
  ...transformKernels,
}
