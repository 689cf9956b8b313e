/**
 * Numbers in a tfjs program (`tf.mul(x, 0.1)`) reach a backend as Float32Array, already rounded. While a function is
 * traced for double precision, what such arrays were made from is remembered here, so that 0.1 stays 0.1.
 */
const originals = new WeakMap<object, Float64Array>()
let remembering = false

/** Whether what is recorded now is for a graph of double precision. */
export const inDouble = (): boolean => remembering

/** The numbers that a Float32Array was made from, if it was made within `rememberingDoubles`. */
export const originalOf = (data: object): Float64Array | undefined => originals.get(data)

/**
 * Runs `f` (synchronous) with a `Float32Array` that remembers its source. The constructor is replaced for that long only,
 * and behaves as before: same prototype, same instances.
 */
export function rememberingDoubles<T>(f: () => T): T {
  const Plain = globalThis.Float32Array
  remembering = true
  globalThis.Float32Array = new Proxy(Plain, {
    construct(target, args: unknown[]) {
      const made = Reflect.construct(target, args) as Float32Array
      const source: unknown = args[0]
      if (Array.isArray(source) || source instanceof Float64Array)
        originals.set(made, Float64Array.from(source as ArrayLike<number>))
      return made
    },
  })
  try {
    return f()
  } finally {
    globalThis.Float32Array = Plain
    remembering = false
  }
}
