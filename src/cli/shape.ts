import { UsageError } from './command.js'

/** Cells of `32x32` or `64`. Throws UsageError. */
export function shapeOf(text: string): number[] {
  const shape = text.split('x').map(Number)
  if (shape.every(n => Number.isSafeInteger(n) && n >= 1)) return shape
  throw new UsageError(`--shape is '${text}'; wants numbers of cells such as 32x32`)
}
