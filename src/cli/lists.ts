/** Options that are lists: given many times, or with commas between. */
import { UsageError } from './command.js'
import { suggestion } from './nearest.js'

const items = (given: readonly string[]): string[] => given.flatMap(text => text.split(',').map(item => item.trim()))

/** @throws UsageError for a name that is not among the known ones. */
export function namesOf<T extends string = string>(
  option: string,
  given: readonly string[],
  known?: readonly T[],
): readonly T[] {
  const names = items(given)
  const unknown = names.find(name => name === '' || (known && !(known as readonly string[]).includes(name)))
  if (unknown !== undefined) throw new UsageError(`--${option} is '${unknown}'${known ? `${suggestion(unknown, known)} It is ${known.join(', ')}.` : ', which is no name'}`) // prettier-ignore
  return names as unknown as readonly T[]
}

/** @throws UsageError for what is no integer from 0. */
export const integersOf = (option: string, given: readonly string[]): number[] =>
  items(given).map(text => {
    if (/^\d+$/.test(text)) return Number(text)
    throw new UsageError(`--${option} is '${text}', which is not an integer from 0`)
  })
