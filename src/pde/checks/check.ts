/**
 * A check: one statement of the theory, evaluated. It holds where its residual is within a tolerance that has a reason
 * (round-off, the order of a method, or Monte Carlo error).
 */
export interface Check {
  readonly name: string
  readonly residual: number
  readonly tolerance: number
  /** Where the tolerance comes from. */
  readonly reason: string
  /** Where the residual is largest, or the parameters of the check: "alpha = 2", "t = 0.31". */
  readonly at?: string
  readonly holds: boolean
}

/** A check from its numbers; a residual that is NaN does not hold. */
export function check(name: string, residual: number, tolerance: number, reason: string, at?: string): Check {
  return { name, residual, tolerance, reason, ...(at === undefined ? {} : { at }), holds: residual <= tolerance }
}

/** The largest of many residuals and its place; a NaN outranks every number. */
export function worst<T>(places: readonly T[], residual: (place: T) => number): { residual: number; place: T } {
  let found = { residual: -1, place: places[0] as T }
  for (const place of places) {
    const r = residual(place)
    if (Number.isNaN(r)) return { residual: r, place }
    if (r > found.residual) found = { residual: r, place }
  }
  return found
}
