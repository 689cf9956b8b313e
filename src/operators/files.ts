/** Specifications that name files: matrices, and users' own operators. */
import { readArray } from '../io/read.js'
import { registerOperator, resolveOperator, type OperatorDefinition, type UserOperator } from './define.js'
import { domainOf } from './entry.js'
import { loadUserFile } from './load.js'
import type { MeasurementOperator, OperatorSpec, Space } from './operator.js'
import { operatorFrom, operators } from './registry.js'
import { resolve } from 'node:path'

const isFile = (kind: string): boolean => /\.[cm]?[jt]s$/.test(kind)

/**
 * A specification with what its files hold in the place of their names: the `file` of a matrix becomes its `values`, and a
 * kind that is the path of a user's file (it ends in .ts, .js, ...) is loaded and registered under its full path. Goes into
 * combinations.
 *
 * @param folder that relative paths begin at; the working folder unless given.
 * @throws FileError for a file that cannot be read.
 */
export async function readOperatorFiles(spec: OperatorSpec, folder = '.'): Promise<OperatorSpec> {
  const inside = async (part: unknown): Promise<unknown> => readOperatorFiles(part as OperatorSpec, folder)
  const { kind } = spec as { kind?: unknown }
  if (typeof kind !== 'string') return spec // the registry says what is wrong with it
  if (isFile(kind)) {
    const path = resolve(folder, kind)
    if (!operators.has(path)) registerOperator(path, (await loadUserFile(path)) as UserOperator)
    return { ...spec, kind: path }
  }
  if (kind === 'matrix' && typeof spec.file === 'string') {
    const { file, dataset, ...rest } = spec
    const options = typeof dataset === 'string' ? { dataset } : {}
    return { ...rest, kind, values: await readArray(resolve(folder, file), options) }
  }
  if (Array.isArray(spec.operators)) return { ...spec, operators: await Promise.all(spec.operators.map(inside)) }
  return spec.operator === undefined ? spec : { ...spec, operator: await inside(spec.operator) }
}

/** `operatorFrom` for a specification that may name files: see `readOperatorFiles`. */
export const loadOperator = async (spec: OperatorSpec, space: Space, folder?: string): Promise<MeasurementOperator> =>
  operatorFrom(await readOperatorFiles(spec, folder), space)

/**
 * A user's own operator from a file, for the space at hand; one that is fixed to a shape is taken with its own.
 *
 * @throws FileError as `loadUserFile` does; TypeError where the default export is no operator, naming the field.
 */
export async function loadUserOperator(file: string, space: Space): Promise<OperatorDefinition> {
  const definition = await loadUserFile(file)
  const fixed = typeof definition === 'object' && definition !== null && 'inputShape' in definition
  const shape = fixed && Array.isArray(definition.inputShape) ? (definition.inputShape as number[]) : undefined
  return resolveOperator(definition, shape ? { shape } : domainOf(space), file)
}
