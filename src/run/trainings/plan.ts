/** The trainings of a comparison: one for each combination of what varies. */
import type { EncodeKind } from '../../operators/encode.js'
import type { ProcessName } from '../process.js'
import type { TrainProblemOptions } from '../train.js'

/** What may vary. */
export interface Variation {
  readonly processes: readonly ProcessName[]
  /** Noise levels of training; `auto` is log-normal for VP, and by the schedule for VE. */
  readonly levels: readonly ('auto' | 'log-normal' | 'schedule')[]
  readonly encodings: readonly EncodeKind[]
  /** Names of `bases`: what the network corrects. */
  readonly bases: readonly BaseName[]
  /** Numbers of stored simulations, each the first of the next larger number; null: simulated while training runs. */
  readonly simulations: readonly (number | null)[]
  /**
   * `all`: one model for every family of operators. `each`: a model for each family besides, as long as the one; `share`: a
   * model for each, which share the length of the one.
   */
  readonly families: readonly ('all' | 'each' | 'share')[]
  readonly seeds: readonly number[]
}

/** What the network corrects: nothing, or the Gaussian surrogate of the prior. */
export const bases = {
  none: {},
  surrogate: { surrogate: true },
} as const satisfies Record<string, Partial<TrainProblemOptions>>

export type BaseName = keyof typeof bases

/** One training. */
export interface Training {
  readonly process: ProcessName
  readonly levels: 'log-normal' | 'schedule'
  readonly encode: EncodeKind
  readonly base: BaseName
  readonly simulations: number | null
  readonly families: Variation['families'][number]
  /** Of a model for one family only: its name. */
  readonly family: string | null
  readonly seed: number
}

export const usualVariation: Variation = {
  ...{ processes: ['vp'], levels: ['auto'], encodings: ['lmmse'], bases: ['none'], simulations: [null] },
  ...{ families: ['all'], seeds: [0] },
}

/** Seeds last, so that a comparison which is cut short holds every variant at the first seeds. */
export function trainingsOf(variation: Variation, families: readonly string[]): Training[] {
  const { processes, encodings, bases, simulations, seeds } = checked(variation)
  return seeds.flatMap(seed =>
    processes.flatMap(process =>
      levelsOf(variation, process).flatMap(levels =>
        encodings.flatMap(encode =>
          bases.flatMap(base =>
            simulations.flatMap(count =>
              variation.families.flatMap(kind =>
                (kind === 'all' ? [null] : families).map(family => {
                  return { process, levels, encode, base, simulations: count, families: kind, family, seed }
                }),
              ),
            ),
          ),
        ),
      ),
    ),
  )
}

const levelsOf = ({ levels }: Variation, process: ProcessName): Training['levels'][] => [
  ...new Set(levels.map(name => (name === 'auto' ? (process === 've' ? 'schedule' : 'log-normal') : name))),
]

/** Throws RangeError for an empty list, one that names a thing twice, and numbers that cannot be. */
function checked(variation: Variation): Variation {
  for (const [name, values] of Object.entries(variation) as [string, readonly unknown[]][])
    if (values.length === 0 || new Set(values).size < values.length)
      throw new RangeError(`trainings: ${name} are [${values.join(', ')}]; wants one or more, each once`)
  const { simulations, seeds, bases, encodings } = variation
  const other = encodings.find(encode => encode !== 'lmmse')
  if (bases.includes('surrogate') && other !== undefined)
    throw new RangeError(
      `trainings: the base 'surrogate' needs the encoding 'lmmse', not '${other}': compare them apart`,
    )
  for (const count of simulations)
    if (count !== null && !(Number.isSafeInteger(count) && count >= 2 * inBlock))
      throw new RangeError(`trainings: ${count} simulations; wants an integer from ${2 * inBlock}: a part is held out`)
  for (const seed of seeds) if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new RangeError(`trainings: seed ${seed}; wants an integer from 0`) // prettier-ignore
  return variation
}

/** Stored simulations come in blocks of 16 operators with four examples each, which share the parameters of the physics. */
export const block = { operators: 16, pairs: 4 }
const inBlock = block.operators * block.pairs

/** The folder of a training, such as `vp-log-normal-lmmse-auto-s0`. */
export const folderOf = ({ process, levels, encode, base, simulations, families, family, seed }: Training): string =>
  [process, levels, encode, base, ...(simulations === null ? [] : [`n${simulations}`]), ...(family === null ? [] : [families, family.replace(/[^\w.]+/g, '_')]), `s${seed}`].join('-') // prettier-ignore

/** The folder of the simulations of a training. */
export const dataOf = ({ encode, base, family }: Training): string =>
  [encode, base, ...(family === null ? [] : [family.replace(/[^\w.]+/g, '_')])].join('-')

/** The share of the length of training that it takes. */
export const shareOf = ({ families }: Training, count: number): number => (families === 'share' ? 1 / count : 1)
