/** The laws of operators, tried on one: what `invdiff operators check` and the tests of every built-in operator run. */
import { messageOf } from '../io/error.js'
import { key } from '../random.js'
import { linearLaws } from './laws/linear.js'
import type { Law, Subject } from './laws/law.js'
import { measurementLaws } from './laws/measurements.js'
import { plainLaws } from './laws/plain.js'
import type { MeasurementOperator } from './operator.js'

export type { Encode, Law } from './laws/law.js'

/** Every law, in the order in which they are tried. */
export const operatorLaws: readonly Law[] = [...plainLaws, ...linearLaws, ...measurementLaws]

export interface LawResult {
  readonly law: string
  readonly status: 'holds' | 'fails' | 'skipped'
  /** What was measured; null where nothing was. */
  readonly figure: number | null
  readonly bound: string
  /** What the figure is, what went wrong, or why the law was skipped. */
  readonly says: string
  /** What to do, for a law that fails. */
  readonly remedy?: string
}

export type CheckOptions = Partial<Omit<Subject, 'A'>>

/**
 * Tries every law on an operator. A law that throws fails with the message; one that rests on a law that does not hold,
 * or that says nothing about this operator, is skipped.
 *
 * @param options noise: for its moments; encode: for the encodings; key: of the random inputs.
 */
export function checkOperator(A: MeasurementOperator, options: CheckOptions = {}): LawResult[] {
  const subject: Subject = { key: key(0, 'operator laws'), ...options, A }
  const unsure = new Set<string>()
  return operatorLaws.map(law => {
    const silent = law.silent?.(subject)
    if (silent !== undefined) return skipped(law, silent)
    const broken = law.after.find(other => unsure.has(other))
    const result = broken === undefined ? tried(law, subject) : skipped(law, `says nothing before '${broken}' holds`)
    if (result.status !== 'holds') unsure.add(law.name)
    return result
  })
}

const skipped = ({ name, bound }: Law, says: string): LawResult => ({ law: name, status: 'skipped', figure: null, bound, says }) // prettier-ignore

function tried({ name, bound, remedy, ...law }: Law, subject: Subject): LawResult {
  try {
    const { figure, says, holds } = law.try(subject)
    if (holds) return { law: name, status: 'holds', figure, bound, says }
    return { law: name, status: 'fails', figure, bound, says, remedy }
  } catch (error) {
    return { law: name, status: 'fails', figure: null, bound, says: `threw: ${messageOf(error)}`, remedy }
  }
}
