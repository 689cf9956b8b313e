/**
 * What holds at the sides of a grid, in the concentration c and the flux into the domain, q = (u c - kappa grad c) . (-n):
 *
 *   periodic   both sides of the axis are one
 *   value      c is given (Dirichlet)
 *   flux       q is given, flow and diffusion together
 *   zero-flux  q = 0, a wall: no flow may cross it
 *   outflow    the gradient along n is 0, and the flow carries c out: no flow may enter
 */
import { closest } from 'fastest-levenshtein'

export const sideNames = ['left', 'right', 'bottom', 'top'] as const
export const sideKinds = ['periodic', 'value', 'flux', 'zero-flux', 'outflow'] as const

/** x = 0, x = Lx, y = 0, y = Ly. */
export type SideName = (typeof sideNames)[number]
export type SideKind = (typeof sideKinds)[number]

/** One kind for all sides, or one for each: left and right, on a rectangle also bottom and top. */
export type Sides = SideKind | Readonly<Partial<Record<SideName, SideKind>>>

/** A side that is not periodic. */
export interface Side {
  readonly name: SideName
  readonly kind: Exclude<SideKind, 'periodic'>
  readonly axis: number
  /** Whether it lies at the end of the axis. */
  readonly far: boolean
}

/** Whether an axis is periodic, and the sides of the others. */
export interface Boundary {
  readonly periodic: readonly boolean[]
  readonly sides: readonly Side[]
}

/**
 * Reads the sides of a grid of 1 or 2 axes.
 *
 * @throws RangeError for an unknown or missing side, an unknown kind, or a periodic side whose opposite is not.
 */
export function boundaryOf(where: string, axes: number, given: Sides): Boundary {
  const names = sideNames.slice(0, 2 * axes)
  const record = typeof given === 'string' ? Object.fromEntries(names.map(name => [name, given])) : given
  for (const name of Object.keys(record))
    if (!names.includes(name as SideName)) throw new RangeError(`${where}: ${unknown('side', name, names)}`)
  const kinds = names.map(name => {
    const kind = record[name]
    if (kind === undefined)
      throw new RangeError(`${where}: side '${name}' is missing; give it one of ${sideKinds.join(', ')}`)
    if (!sideKinds.includes(kind)) throw new RangeError(`${where}: side '${name}': ${unknown('kind', kind, sideKinds)}`)
    return kind
  })
  const periodic = Array.from({ length: axes }, (_, axis) => {
    const [near, far] = [kinds[2 * axis]!, kinds[2 * axis + 1]!]
    if ((near === 'periodic') === (far === 'periodic')) return near === 'periodic'
    const [one, other] = [names[2 * axis]!, names[2 * axis + 1]!]
    throw new RangeError(`${where}: side '${one}' is ${near} but '${other}' is ${far}; periodic sides come in pairs`)
  })
  const sides = names.flatMap((name, k): Side[] => {
    const kind = kinds[k]!
    return kind === 'periodic' ? [] : [{ name, kind, axis: k >> 1, far: k % 2 === 1 }]
  })
  return { periodic, sides }
}

const unknown = (what: string, name: string, known: readonly string[]): string =>
  `unknown ${what} '${name}'; did you mean '${closest(name, known)}'? Known: ${known.join(', ')}`
