/** Judges a model by reference chains: for priors that have parameters and no exact posterior. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileError } from '../io/error.js'
import type { Posterior, SamplingOptions } from '../posterior.js'
import { CARD, readReference } from './reference-folder.js'
import { referenceDistance, type ReferenceDistance } from './reference-distance.js'

export interface ReferenceEvaluateOptions extends SamplingOptions {
  /** Called after each observation. */
  readonly done?: (finished: number, all: number) => void
}

/** What one observation says of a model. */
export interface ReferenceEvaluation extends Pick<ReferenceDistance, 'mean' | 'errors'> {
  readonly folder: string
  /** Values measured. */
  readonly measured: number
  /** Of the chains: the worst R-hat and the fewest effective draws over cells. */
  readonly rHat: number
  readonly effectiveDraws: number
  readonly draws: number
  readonly seconds: number
}

/** The folder itself, or those in it that hold a reference. @throws FileError where there is none. */
export async function referenceFolders(folder: string): Promise<string[]> {
  const holds = (path: string): boolean => existsSync(join(path, CARD))
  if (holds(folder)) return [folder]
  const names = await readdir(folder).catch((): string[] => [])
  const found = names.sort().map(name => join(folder, name)).filter(holds) // prettier-ignore
  if (found.length > 0) return found
  throw new FileError(folder, { expected: "reference posteriors, written by 'invdiff reference'", found: 'none' })
}

/** @throws FileError for what is no reference; RangeError for that of another problem or shape. */
export async function evaluateByReferences(
  posterior: Posterior,
  folders: readonly string[],
  { done, draws = 256, ...options }: ReferenceEvaluateOptions = {},
): Promise<ReferenceEvaluation[]> {
  const { problem, parts, model } = posterior
  const rows: ReferenceEvaluation[] = []
  for (const folder of folders) {
    const { card, y, theta } = await readReference(folder)
    const [own, other] = [
      `${problem.name} ${model.spec.shape.join(' x ')}`,
      `${card.problem} ${card.shape.join(' x ')}`,
    ]
    if (own !== other) throw new RangeError(`evaluate: the reference in ${folder} is of ${other}, the model of ${own}`)
    const { x, seconds } = await posterior.sample({ ...card.setting, y }, { ...options, draws })
    const { mean, errors } = referenceDistance(parts, { theta }, x)
    const { rHat, bulkEss } = card.fields
    rows.push({ ...{ folder, measured: y.size, mean, errors, rHat, effectiveDraws: bulkEss, draws, seconds } })
    done?.(rows.length, folders.length)
  }
  return rows
}

/** The table that the command prints: errors of the model and, in brackets, of as many draws of other chains. */
export function referencesText(rows: readonly ReferenceEvaluation[], units: string): string {
  const name = (folder: string): string => folder.replace(/[/\\]+$/, '').split(/[/\\]/).at(-1)! // prettier-ignore
  const width = Math.max(12, ...rows.map(({ folder }) => name(folder).length))
  const both = (value: number, floor: number, digits: number): string => `${value.toFixed(digits)} (${floor.toFixed(digits)})` // prettier-ignore
  const line = (cells: readonly string[]): string => cells.map((text, k) => (k === 0 ? text.padEnd(width) : text.padStart([0, 8, 17, 10, 15, 15, 7, 10][k]!))).join('  ') // prettier-ignore
  return [
    line(['reference', 'values', `W1, ${units}`, 'deviation', 'mean', 'std', 'R-hat', 'effective']),
    ...rows.map(({ folder, measured, mean, errors: { samples, floor }, rHat, effectiveDraws }) =>
      line([
        ...[name(folder), String(measured), both(mean.w1, mean.floor, 4), mean.std.toFixed(4)],
        ...[both(samples.mean, floor.mean, 3), both(samples.std, floor.std, 3)],
        ...[rHat.toFixed(3), effectiveDraws.toFixed(0)],
      ]),
    ),
    'in brackets: as many draws of other chains; W1 and deviation are means over the cells, errors relative (L2)',
  ].join('\n')
}
