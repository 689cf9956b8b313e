/** `defineProblem`: how a user states a problem (problem/types.ts says what it is made of). */
import { checkDefinition, checkParts, checkShape, failing } from './problem/check.js'
import type { Problem, ProblemDefinition } from './problem/types.js'

export * from './problem/types.js'

/**
 * States a problem; its fields are checked at once, and what it builds when it builds.
 *
 * @throws TypeError that names the path of the first wrong field, such as `physics.parameters.speed.low`; `build` throws
 *   RangeError for a shape that is none, or has another number of axes.
 */
export function defineProblem(definition: ProblemDefinition): Problem {
  const fail = failing(`problem '${(definition as Partial<ProblemDefinition> | undefined)?.name ?? '?'}'`)
  checkDefinition(definition, fail)
  return {
    test: { seed: 20_250_411, count: 20 },
    ...definition,
    build(shape) {
      checkShape(shape, definition)
      const parts = definition.build(shape)
      checkParts(parts, shape, fail)
      return parts
    },
  }
}
