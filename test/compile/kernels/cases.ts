/** Inputs and attributes of kernels, as data: every row of the kernel table has some. */

export type CaseType = 'float32' | 'int32' | 'bool'

export interface Input {
  readonly shape: readonly number[]
  readonly dtype: CaseType
  readonly values: readonly number[]
}

export interface Case {
  readonly kernel: string
  /** By tfjs' names; a list for kernels of any number of inputs. */
  readonly inputs: Readonly<Record<string, Input>> | readonly Input[]
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Largest difference, absolute and relative to the element; see `tolerance`. */
  readonly absolute?: number
  readonly relative?: number
  /** Why this case's gradient is not compared, where tfjs defines one. */
  readonly noGradient?: string
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const spread = (i: number, seed: number): number => ((i + 1 + 17 * seed) * 0.6180339887498949) % 1

/** Different numbers in a range, no two near each other: fractional parts of multiples of the golden ratio. */
export const floats = (shape: readonly number[], low = -1, high = 1, seed = 0): Input => ({
  shape,
  dtype: 'float32',
  values: Array.from({ length: size(shape) }, (_, i) => Math.fround(low + (high - low) * spread(i, seed))),
})

/** Integers from low to high, both included. */
export const integers = (shape: readonly number[], low = -4, high = 4, seed = 0): Input => ({
  shape,
  dtype: 'int32',
  values: Array.from({ length: size(shape) }, (_, i) => low + Math.floor((high - low + 1) * spread(i, seed))),
})

export const bools = (shape: readonly number[], seed = 0): Input => ({
  shape,
  dtype: 'bool',
  values: integers(shape, 0, 1, seed).values,
})

export const vector = (values: readonly number[], dtype: CaseType = 'float32'): Input => ({
  shape: [values.length],
  dtype,
  values,
})

export const of = (input: Input, shape: readonly number[]): Input => ({ ...input, shape })
