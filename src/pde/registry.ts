/**
 * Named factories with typed parameters: what a command line lists, a configuration names and a user extends.
 */
import { closest } from 'fastest-levenshtein'

/** A number that a factory takes: its default and its open range. */
export interface Parameter {
  readonly default: number
  /** Exclusive bounds; 0 and Infinity unless told. */
  readonly above?: number
  readonly below?: number
  readonly description: string
}

/** A factory with its parameters, each by name. */
export interface Entry<T, P extends string = string> {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<P, Parameter>>
  create(values: Readonly<Record<P, number>>): T
}

export interface Registry<T> {
  /** Every entry, in the order of registration. */
  list(): readonly Entry<T>[]
  /**
   * The named entry, created with `values`, or the defaults where they are missing.
   *
   * @throws RangeError for an unknown name or parameter (with the nearest known one) and for a value out of range.
   */
  create(name: string, values?: Readonly<Record<string, number>>): T
  /** @throws RangeError when the name is taken. */
  register<P extends string>(entry: Entry<T, P>): void
}

/** An empty registry of things of one `kind`, a word for the errors ("path", "schedule"). */
export function registry<T>(kind: string): Registry<T> {
  const entries = new Map<string, Entry<T>>()
  return {
    list: () => [...entries.values()],
    register(entry) {
      if (entries.has(entry.name)) throw new RangeError(`${kind} '${entry.name}' is already registered`)
      entries.set(entry.name, entry)
    },
    create(name, values = {}) {
      const entry = entries.get(name) ?? unknown(kind, name, [...entries.keys()])
      const names = Object.keys(entry.parameters)
      for (const key of Object.keys(values)) {
        if (!names.includes(key)) unknown(`parameter of ${kind} '${name}':`, key, names)
      }
      return entry.create(
        Object.fromEntries(names.map(key => [key, inRange(entry, key, values[key] ?? entry.parameters[key]!.default)])),
      )
    },
  }
}

function inRange<T>({ name, parameters }: Entry<T>, key: string, value: number): number {
  const { above = 0, below = Infinity } = parameters[key]!
  if (value > above && value < below) return value
  throw new RangeError(`${name}: ${key} = ${value} is not in (${above}, ${below})`)
}

function unknown(kind: string, name: string, known: readonly string[]): never {
  if (known.length === 0) throw new RangeError(`unknown ${kind} '${name}'; there are none`)
  throw new RangeError(`unknown ${kind} '${name}'; did you mean '${closest(name, known)}'? Known: ${known.join(', ')}`)
}
