/** Convolutions. */
import type { Kernel } from './kernel.js'

export const convolutionKernels: Readonly<Record<string, Kernel>> = {}
