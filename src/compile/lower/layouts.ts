import type { Value } from '../value.js'
import { multiplyAdd, reorderInput, reorderOutput } from './blocked.js'

/** a x + b: an image in blocks, and a factor and an offset for each of its channels, [n, c]; absent: 1 and 0. */
export interface Affine {
  readonly x: Value
  readonly a?: Value
  readonly b?: Value
}

/**
 * What stands for a value of the original graph: its plain form, its blocked form, or both; or a blocked image whose factors
 * and offsets have not been applied yet, so that several (of a normalisation, then of an embedding) become one pass.
 */
export interface Layouts {
  /** Channels-first; reordered when first asked for. */
  plain(original: Value): Value
  blocked(original: Value): Value
  /** Whether there is no plain form so far. */
  isBlocked(original: Value): boolean
  affine(original: Value): Affine
  set(original: Value, form: Form): void
}

export type Form = { plain: Value } | { blocked: Value } | { affine: Affine }

export function layouts(): Layouts {
  const forms = new Map<Value, { plain?: Value; blocked?: Value; affine?: Affine }>()
  const formsOf = (v: Value): { plain?: Value; blocked?: Value; affine?: Affine } => {
    const known = forms.get(v) ?? { plain: v }
    forms.set(v, known)
    return known
  }
  const blocked = (v: Value): Value => {
    const f = formsOf(v)
    return (f.blocked ??= f.affine ? applied(f.affine) : reorderInput(f.plain!))
  }
  return {
    plain(v) {
      const f = formsOf(v)
      return (f.plain ??= reorderOutput(blocked(v)))
    },
    blocked,
    isBlocked: v => formsOf(v).plain === undefined,
    affine: v => formsOf(v).affine ?? { x: blocked(v) },
    set: (v, form) => forms.set(v, form),
  }
}

const applied = ({ x, a, b }: Affine): Value => (a || b ? multiplyAdd(x, a, b) : x)
