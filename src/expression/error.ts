/** Faults in a formula, shown at their place in the text, and the known name that was probably meant. */
import { closest, distance } from 'fastest-levenshtein'

/** A fault in a formula; the message shows the text with a caret under `position`, counted from 0. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError'
  constructor(
    message: string,
    readonly text: string,
    readonly position: number,
  ) {
    const from = Math.max(0, position - 60)
    const line = text.slice(from, position + 40).replace(/\s/g, ' ')
    super(`${message}\n  ${line}\n  ${' '.repeat(position - from)}^`)
  }
}

/** Throws for faults of this text. */
export const failing =
  (text: string) =>
  (message: string, at: number): never => {
    throw new FormulaError(message, text, at)
  }

/** The end of a message about an unknown name: the nearest known one, or the list of them. */
export function suggest(name: string, known: readonly string[], what: string): string {
  if (name === 'ln') return '; the natural logarithm is "log"'
  const near = closest(name, known)
  const close = known.length > 0 && distance(name, near) <= Math.min(name.length - 1, Math.ceil(name.length / 3))
  return close ? `; did you mean "${near}"?` : `; ${what}: ${known.join(', ')}`
}
