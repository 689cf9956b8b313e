/**
 * Three conditional densities with closed forms, canonical in the conditional-density literature of PDE-derived diffusion
 * models: x is inferred, y is given.
 */
import { bimodal } from './bimodal.js'
import type { ConditionalDensity } from './density.js'
import { swissroll } from './swissroll.js'
import { tanh } from './tanh.js'

export type { ConditionalDensity, Law, Pairs } from './density.js'
export { bimodal, swissroll, tanh }

export const conditionalDensities: readonly ConditionalDensity[] = [tanh, bimodal, swissroll]
