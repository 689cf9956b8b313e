import type { Value } from '../value.js'

export type KernelResult = Value | readonly Value[]

/** What records one tfjs kernel: named inputs and attributes in, values out. */
export type Kernel = (
  inputs: Readonly<Record<string, Value>>,
  attributes: Readonly<Record<string, unknown>>,
) => KernelResult

/** A row of the table: `I` and `A` are tfjs' own types of the kernel's inputs and attributes. */
export function kernel<I extends Partial<Record<string, unknown>>, A = object>(
  record: (inputs: { readonly [K in keyof I]: Value }, attributes: A) => KernelResult,
): Kernel {
  return record as unknown as Kernel
}
