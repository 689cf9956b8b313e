/** Which observation reference chains are run for: that of a file, a held-out case, or a held-out case of one family. */
import type { Posterior } from '../posterior.js'
import { caseOf, type Case, type CaseOptions } from './case.js'
import { heldOutCase } from './exact-case.js'

export interface ReferenceCaseOptions extends Pick<CaseOptions, 'observation' | 'testCase'> {
  /** Name of a family of operators; the case is then the one that `evaluate` has, with parameters of its own. */
  readonly family?: string
}

/** @throws RangeError for a family that the problem has not, or with a file; FileError for a file that cannot be read. */
export async function referenceCase(
  problem: Pick<Posterior, 'parts' | 'problem'>,
  { family: name, ...options }: ReferenceCaseOptions,
): Promise<Case> {
  if (name === undefined) return caseOf(problem, options)
  const { observation: file, testCase = 0 } = options
  if (file !== undefined) throw new RangeError(`reference: the operator of ${file} is known; a family is for simulated cases`) // prettier-ignore
  const known = problem.parts.operators
  const family = known.find(own => own.name === name)
  if (!family) throw new RangeError(`reference: there is no family '${name}': ${known.map(own => own.name).join(', ')}`)
  const { observation, truth } = heldOutCase(problem, family, testCase)
  return { observation, truth, source: `simulated: held-out case ${testCase} of ${name}`, notes: [] }
}
