import type { Value } from '../value.js'
import { reorderInput, reorderOutput } from './blocked.js'

/** What stands for a value of the original graph: its plain form, its blocked form, or both. */
export interface Layouts {
  /** Channels-first; reordered when first asked for. */
  plain(original: Value): Value
  blocked(original: Value): Value
  /** Whether only the blocked form exists so far. */
  isBlocked(original: Value): boolean
  set(original: Value, form: { plain: Value } | { blocked: Value }): void
}

export function layouts(): Layouts {
  const forms = new Map<Value, { plain?: Value; blocked?: Value }>()
  const formsOf = (v: Value): { plain?: Value; blocked?: Value } => {
    const known = forms.get(v) ?? { plain: v }
    forms.set(v, known)
    return known
  }
  return {
    plain(v) {
      const f = formsOf(v)
      return (f.plain ??= reorderOutput(f.blocked!))
    },
    blocked(v) {
      const f = formsOf(v)
      return (f.blocked ??= reorderInput(f.plain!))
    },
    isBlocked: v => formsOf(v).plain === undefined,
    set: (v, form) => forms.set(v, form),
  }
}
