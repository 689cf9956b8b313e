/** Units of a file turned into those of the problem, by mathjs. */
import { createRequire } from 'node:module'
import type { Unit } from 'mathjs'

type Mathjs = Pick<typeof import('mathjs'), 'unit'>
let loaded: Mathjs | undefined
/** Loaded where a file states other units than the problem: it takes a second. */
const mathjs = (): Mathjs => (loaded ??= createRequire(import.meta.url)('mathjs') as Mathjs)

/** value -> offset + factor value. Differences, such as a noise level, take the factor alone. */
export interface Conversion {
  readonly offset: number
  readonly factor: number
}

export const unchanged: Conversion = { offset: 0, factor: 1 }

/** Units as people write them: `1`, nothing and a dash stand for none. */
const isNone = (units: string): boolean => ['', '1', '-'].includes(units.trim())

/**
 * From the units of a file to those of the problem; `undefined` where the problem states none.
 *
 * @throws RangeError naming both units: one that is not known, or of different dimensions.
 */
export function conversion(from: string, to: string | undefined): Conversion {
  if (from.trim() === to?.trim()) return unchanged
  if (to === undefined) throw new RangeError(`units '${from}', but the problem states none: leave them out, with numbers in the units of its grid`) // prettier-ignore
  if (isNone(from) && isNone(to)) return unchanged
  if (isNone(from) || isNone(to)) throw mismatch(from, to)
  const [source, target] = [unitOf(from), unitOf(to)]
  if (!source.equalBase(target)) throw mismatch(from, to)
  const at = (value: number): number => mathjs().unit(value, from).toNumber(to)
  const offset = at(0)
  return { offset, factor: at(1) - offset }
}

const mismatch = (from: string, to: string): RangeError =>
  new RangeError(`units '${isNone(from) ? '1' : from}', which are not of the same dimension as the problem's '${isNone(to) ? '1' : to}'`) // prettier-ignore

function unitOf(text: string): Unit {
  try {
    return mathjs().unit(text)
  } catch {
    throw new RangeError(`units '${text}', which are not known; write them as in kg/m^3, mg/l, km or degC`)
  }
}
