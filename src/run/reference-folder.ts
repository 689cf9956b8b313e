/** A reference posterior on disk: its arrays in reference.npz, what made them and how far they have converged in reference.json. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Convergence } from '../diagnostics/convergence.js'
import { array, elements, type NdArray } from '../io/array.js'
import { writeFileAtomic } from '../io/atomic.js'
import { FileError } from '../io/error.js'
import { readNpz, writeNpz } from '../io/npz.js'
import type { Case } from './case.js'
import type { Observation } from './condition.js'
import type { Reference, ReferenceSettings } from './reference.js'

const ARRAYS = 'reference.npz'
export const CARD = 'reference.json'

/** About how many draws of theta are kept, all chains together. */
const KEPT = 2000

/** What reference.json says. */
export interface ReferenceCard {
  readonly format: 'invdiff-reference'
  readonly problem: string
  readonly shape: readonly number[]
  readonly source: string
  /** The setting of the observation; y is among the arrays. */
  readonly setting: Omit<Observation, 'y'>
  readonly options: ReferenceSettings
  readonly names: readonly string[]
  readonly parameters: Convergence
  readonly fields: Convergence
  readonly acceptance: readonly number[]
  readonly betas: readonly number[]
  readonly exchanges: readonly number[]
  readonly arrivals: number
  readonly evaluations: number
  readonly seconds: number
}

export interface StoredReference {
  readonly card: ReferenceCard
  /** [...outputShape], flat. */
  readonly y: NdArray<Float64Array>
  readonly mean: NdArray<Float64Array>
  readonly std: NdArray<Float64Array>
  /** Thinned draws of the parameters [chains, kept, p]. */
  readonly theta: NdArray<Float64Array>
  /** The field behind a simulated observation. */
  readonly truth?: NdArray<Float64Array>
}

/** Writes both files, in single precision. @throws FileError where they cannot be written. */
export async function writeReference(
  folder: string,
  problem: { readonly name: string },
  { observation, truth, source }: Pick<Case, 'observation' | 'truth' | 'source'>,
  reference: Reference,
): Promise<ReferenceCard> {
  const [chains, draws] = reference.theta.shape as [number, number]
  const { y, ...setting } = observation
  const { acceptance, betas, exchanges, arrivals, evaluations } = reference.chains
  const card: ReferenceCard = {
    format: 'invdiff-reference',
    ...{ problem: problem.name, shape: reference.mean.shape, source, setting },
    options: reference.settings,
    ...{ names: reference.names, parameters: reference.parameters, fields: reference.fields },
    ...{ acceptance: [...acceptance], betas: [...betas], exchanges: [...exchanges] },
    ...{ arrivals, evaluations, seconds: reference.seconds },
  }
  const single = (a: NdArray): NdArray => array(Float32Array.from(elements(a) as Float64Array), a.shape)
  await mkdir(folder, { recursive: true })
  await writeNpz(
    join(folder, ARRAYS),
    {
      ...{ y: single(y), mean: single(reference.mean), std: single(reference.std) },
      theta: single(thinned(reference.theta, Math.max(1, Math.ceil((chains * draws) / KEPT)))),
      ...(truth && { truth: single(truth) }),
    },
    { compress: true },
  )
  await writeFileAtomic(join(folder, CARD), `${JSON.stringify(card, null, 2)}\n`)
  return card
}

/** Every k-th draw of each chain. */
function thinned(theta: NdArray<Float64Array>, k: number): NdArray<Float64Array> {
  const [chains, draws, p] = theta.shape as [number, number, number]
  const kept = Math.floor(draws / k)
  const out = new Float64Array(chains * kept * p)
  for (let c = 0; c < chains; c++)
    for (let d = 0; d < kept; d++) {
      const from = (c * draws + d * k + k - 1) * p
      out.set(theta.data.subarray(from, from + p), (c * kept + d) * p)
    }
  return array(out, [chains, kept, p])
}

/** @throws FileError where a file is missing, damaged or something else. */
export async function readReference(folder: string): Promise<StoredReference> {
  const file = join(folder, CARD)
  const card = JSON.parse(
    await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new FileError(file, { expected: "the card of a reference posterior, written by 'invdiff reference'", found: (cause as Error).message }) // prettier-ignore
    }),
  ) as ReferenceCard
  const { format } = card as { readonly format?: unknown }
  if (format !== 'invdiff-reference') throw new FileError(file, { expected: 'format invdiff-reference', found: `format ${JSON.stringify(format)}` }) // prettier-ignore
  const { y, mean, std, theta, truth } = await readNpz(join(folder, ARRAYS))
  const double = (name: string, a: NdArray | undefined): NdArray<Float64Array> => {
    if (!a) throw new FileError(join(folder, ARRAYS), { expected: `an array named ${name}`, found: 'none' })
    return array(Float64Array.from(elements(a) as Float64Array), a.shape)
  }
  return {
    ...{ card, y: double('y', y), mean: double('mean', mean), std: double('std', std), theta: double('theta', theta) },
    ...(truth && { truth: double('truth', truth) }),
  }
}

/** The summary that the command prints. */
export function referenceText(card: ReferenceCard): string {
  const line = (what: string, { rHat, bulkEss, tailEss }: Convergence): string =>
    `${what}: R-hat ${rHat.toFixed(3)}, effective draws ${Math.round(bulkEss)} (tails ${Math.round(tailEss)})`
  const { acceptance, exchanges, options, arrivals } = card
  const range = (values: readonly number[]): string => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}` // prettier-ignore
  return [
    `${card.problem}, ${card.source}: ${options.chains} chains of ${options.draws} draws (${options.moves}), ${card.evaluations} evaluations, ${card.seconds.toFixed(0)} s`,
    line('parameters, the worst', card.parameters),
    line('fields, the worst', card.fields),
    `acceptance ${range(acceptance)}${exchanges.length > 0 ? `; exchanges ${range(exchanges)}, ${arrivals} arrivals from the prior` : ''}`,
    ...(card.fields.rHat < 1.01 ? [] : ['The chains have not converged (R-hat of the fields is not below 1.01): take more draws or levels.']), // prettier-ignore
  ].join('\n')
}
