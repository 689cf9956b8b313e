import { closest, distance } from 'fastest-levenshtein'

/** `; did you mean 'x'?` for the nearest known name, or a full stop where none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return '.'
  const nearest = closest(name, known)
  const near = distance(name, nearest) <= Math.max(1, Math.floor(Math.max(name.length, nearest.length) / 2))
  return near ? `; did you mean '${nearest}'?` : '.'
}
