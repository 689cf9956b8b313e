/** What a law is, and what laws are tried on. */
import { array, sizeOf, type NdArray } from '../../io/array.js'
import { derive, normal, uniform, type Key } from '../../random.js'
import type { Noise } from '../noise.js'
import type { MeasurementOperator } from '../operator.js'

/** Shows a measurement to a network; each array is [channels, ...inputShape]. May throw what it finds wrong. */
export type Encode = (A: MeasurementOperator, y: NdArray) => Readonly<Record<string, NdArray>>

/** An operator on trial. */
export interface Subject {
  readonly A: MeasurementOperator
  readonly noise?: Noise
  readonly encode?: Encode
  readonly key: Key
}

/** What a law found: a figure within its bound, or not. */
export interface Finding {
  readonly figure: number
  readonly holds: boolean
  /** What the figure is, with the numbers behind it. */
  readonly says: string
}

export interface Law {
  readonly name: string
  /** The bound on the figure, such as '<= 1e-10'. */
  readonly bound: string
  /** What to do where it does not hold. */
  readonly remedy: string
  /** Laws that have to hold before this one says anything. */
  readonly after: readonly string[]
  /** Why the law says nothing about this operator; undefined where it does. */
  silent?(subject: Subject): string | undefined
  try(subject: Subject): Finding
}

/** Inputs of the operator: one, or n of them; uniform on the range that it is meant for, else standard normal. */
export function inputs({ A, key }: Subject, name: string, n?: number): NdArray<Float64Array> {
  const shape = [...(n === undefined ? [] : [n]), ...A.inputShape]
  const out = new Float64Array(sizeOf(shape))
  if (!A.inputRange) return array(normal(derive(key, name), out), shape)
  const [low, high] = A.inputRange
  const u = uniform(derive(key, name), out)
  return array(u.map(value => low + (high - low) * value), shape) // prettier-ignore
}

/** Standard normal arrays of a shape. */
export const normals = ({ key }: Subject, name: string, shape: readonly number[]): NdArray<Float64Array> =>
  array(normal(derive(key, name), new Float64Array(sizeOf(shape))), shape)

export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0)
export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a))

/** |a - b| / max(|a|, |b|), 0 where both are 0. */
export function difference(a: Float64Array, b: Float64Array): number {
  const scale = Math.max(norm(a), norm(b))
  return scale === 0 ? 0 : norm(a.map((value, k) => value - b[k]!)) / scale
}

export const figureText = (value: number): string => (value === 0 ? '0' : value.toExponential(1))
