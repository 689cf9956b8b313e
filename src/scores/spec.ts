/** Options of networks, checked: they come from configuration files and from models saved elsewhere. */
import { shapeText } from '../io/array.js'

const isWhole = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least

/** A whole number from 0. */
export function wholeOption(network: string, name: string, value: unknown): number {
  if (!isWhole(value, 0)) throw new RangeError(`${network}: '${name}' is ${String(value)}; wants a whole number from 0`)
  return value
}

/** A whole number from 1. */
export function sizeOption(network: string, name: string, value: unknown): number {
  if (!isWhole(value, 1)) throw new RangeError(`${network}: '${name}' is ${String(value)}; wants a whole number from 1`)
  return value
}

/** A shape of at least one axis, every extent from 1. */
export function shapeOption(network: string, value: unknown): readonly number[] {
  const shape: readonly unknown[] = Array.isArray(value) ? value : []
  if (shape.length === 0 || !shape.every(d => isWhole(d, 1)))
    throw new RangeError(
      `${network}: 'shape' is ${JSON.stringify(value) || 'missing'}; wants extents from 1, as in ${shapeText([32, 32])}`,
    )
  return [...shape]
}
