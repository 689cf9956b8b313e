/** A problem whose mixture holds some of its families of operators only. */
import type { Problem, ProblemParts } from '../problem.js'

/** @throws RangeError for a family that the problem has not. */
export function ofFamilies(
  { name: problem }: Pick<Problem, 'name'>,
  parts: ProblemParts,
  families: readonly string[] | undefined,
): ProblemParts {
  if (!families) return parts
  const known = parts.operators.map(({ name }) => name)
  const unknown = families.find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new RangeError(`problem '${problem}' has no family '${unknown}'; it has ${known.join(', ')}`)
  return { ...parts, operators: parts.operators.filter(({ name }) => families.includes(name)) }
}
