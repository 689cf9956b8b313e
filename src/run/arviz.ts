/**
 * Posterior samples as ArviZ's InferenceData in Zarr: the groups posterior, prior, posterior_predictive, observed_data and
 * sample_stats, with the dimensions chain and draw first. In Python:
 *
 *   arviz.InferenceData.from_datatree(xarray.open_datatree('posterior.zarr', engine='zarr'))
 *
 * Source: ArviZ, "InferenceData schema specification" (python.arviz.org).
 */
import { array, assertShape, type NdArray } from '../io/array.js'
import { writeFolderAtomic } from '../io/atomic.js'
import { environment } from '../io/environment.js'
import { createZarr, type ZarrWriter } from '../io/zarr-write.js'
import { centers, type Grid } from '../physics/grid.js'
import { openVariable, type Growing } from './arviz/growing.js'

/** Samples in the order of their draws. */
export interface DrawBatch {
  /** [k, ...grid.shape] */
  readonly x: NdArray
  /** Measurements drawn from each sample, noise included, [k, m]; of all batches or of none. */
  readonly predicted?: NdArray
  /** Numbers for each draw, [k], such as `lp`; the same names in all batches. */
  readonly stats?: Readonly<Record<string, NdArray>>
}

export interface PosteriorFile {
  readonly unknown: {
    readonly name: string
    readonly units?: string
    readonly grid: Grid
    /** Names of the axes; x and y unless given. */
    readonly axes?: readonly { readonly name: string; readonly units?: string }[]
  }
  /** Draws in all. */
  readonly draws: number
  /** Taken one after the other; one chunk of each variable is held at a time. */
  readonly batches: Iterable<DrawBatch> | AsyncIterable<DrawBatch>
  readonly observed: {
    readonly name: string
    readonly units?: string
    /** [m] */
    readonly values: NdArray
    /** Of each value, [m]: its noise, its place. */
    readonly others?: Readonly<Record<string, NdArray>>
  }
  /** Samples of the prior, [k, ...grid.shape]. */
  readonly prior?: NdArray
  /** Of the posterior group: how the samples were made. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

/**
 * Writes the folder, whole or not at all.
 *
 * @param overwrite replaces a folder that is there (default: refuses)
 * @throws RangeError naming a batch whose shape does not fit, or a number of draws that does not add up; FileError where
 *   the folder cannot be written; what `batches` throws.
 */
export const writePosterior = (
  path: string,
  content: PosteriorFile,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<void> => writeFolderAtomic(path, folder => fill(folder, content), { overwrite })

/** A name as Python writes it: `initial_concentration`. */
const identifier = (name: string): string =>
  name
    .trim()
    .replace(/\W+/g, '_')
    .replace(/^(?=\d)/, '_') || 'theta'

async function fill(folder: string, content: PosteriorFile): Promise<void> {
  const library = { inference_library: 'invdiff', inference_library_version: environment().versions.invdiff }
  const { unknown, observed, prior } = content
  assertShape(observed.values, [null], 'writePosterior: observed.values')
  const m = observed.values.shape[0]!
  const axes = axesOf(unknown)
  const measurement = [{ name: 'measurement', values: indices(m) }]
  const writer = await createZarr(folder, { attributes: library, resume: true, sync: false })
  await putDraws(writer, content, axes, measurement, library)

  await startGroup(writer, 'observed_data', undefined, measurement, library)
  const dims = ['measurement']
  await writer.put(`observed_data/${identifier(observed.name)}`, observed.values, {
    dims,
    attributes: describe(observed),
  })
  for (const [name, values] of Object.entries(observed.others ?? {})) {
    assertShape(values, [m], `writePosterior: observed.others.${name}`)
    await writer.put(`observed_data/${identifier(name)}`, values, { dims })
  }
  if (prior) await putPrior(writer, prior, unknown, axes, library)
  await writer.consolidate()
}

/** The groups with a value for each draw, as the batches come. */
async function putDraws(
  writer: ZarrWriter,
  content: PosteriorFile,
  axes: readonly Axis[],
  measurement: readonly Axis[],
  library: Record<string, unknown>,
): Promise<void> {
  const { draws, attributes = {} } = content
  const groups: Record<Variable['group'], { axes: readonly Axis[]; attributes: Record<string, unknown> }> = {
    posterior: { axes, attributes: { ...library, ...attributes } },
    posterior_predictive: { axes: measurement, attributes: library },
    sample_stats: { axes: [], attributes: library },
  }
  const begun = new Set<Variable['group']>()
  const growing = new Map<string, Growing>()
  const begin = async (path: string, { group, values, dims, attributes }: Variable): Promise<Growing> => {
    if (!begun.has(group)) await startGroup(writer, group, draws, groups[group].axes, groups[group].attributes)
    begun.add(group)
    const variable = await openVariable(writer, path, values, dims, draws, attributes)
    growing.set(path, variable)
    return variable
  }
  let total = 0
  for await (const batch of content.batches) {
    for (const variable of variablesOf(batch, content, axes)) {
      const path = `${variable.group}/${variable.name}`
      await (growing.get(path) ?? (await begin(path, variable))).push(variable.values, total)
    }
    total += batch.x.shape[0]!
  }
  if (total !== draws) throw new RangeError(`writePosterior: the batches hold ${total} draws; ${draws} were announced`)
  for (const variable of growing.values()) await variable.close()
}

interface Axis {
  readonly name: string
  readonly values: NdArray
  readonly units?: string
}

const axesOf = ({ grid, axes }: PosteriorFile['unknown']): Axis[] =>
  grid.shape.map((_, k) => ({ ...(axes?.[k] ?? { name: 'xy'[k]! }), values: array(centers(grid, k)) }))

const indices = (n: number): NdArray => array(BigInt64Array.from({ length: n }, (_, k) => BigInt(k)))

const describe = ({ name, units }: { readonly name: string; readonly units?: string }): Record<string, unknown> => ({
  long_name: name,
  ...(units !== undefined && { units }),
})

/** A group with the coordinates of its dimensions: one chain, its draws, and those of a variable. */
async function startGroup(
  writer: ZarrWriter,
  group: string,
  draws: number | undefined,
  axes: readonly Axis[],
  attributes: Record<string, unknown>,
): Promise<void> {
  await writer.group(group, attributes)
  const sampled = draws === undefined ? [] : [{ name: 'chain', values: indices(1) }, { name: 'draw', values: indices(draws) }] // prettier-ignore
  for (const axis of [...sampled, ...axes] as Axis[])
    await writer.put(`${group}/${axis.name}`, axis.values, { dims: [axis.name], attributes: axis.units ? { units: axis.units } : {} }) // prettier-ignore
}

interface Variable {
  readonly group: 'posterior' | 'posterior_predictive' | 'sample_stats'
  readonly name: string
  /** [k, ...] */
  readonly values: NdArray
  /** Behind chain and draw. */
  readonly dims: readonly string[]
  readonly attributes: Record<string, unknown>
}

/** What one batch holds, its shapes checked. */
function variablesOf(batch: DrawBatch, { unknown, observed }: PosteriorFile, axes: readonly Axis[]): Variable[] {
  const { x, predicted, stats = {} } = batch
  assertShape(x, [null, ...unknown.grid.shape], 'writePosterior: a batch')
  const k = x.shape[0]!
  if (predicted) assertShape(predicted, [k, observed.values.shape[0]!], 'writePosterior: predicted')
  for (const [name, values] of Object.entries(stats)) assertShape(values, [k], `writePosterior: stats.${name}`)
  const dims = axes.map(({ name }) => name)
  const variables: Variable[] = [{ group: 'posterior', name: variableName(unknown.name, dims), values: x, dims, attributes: describe(unknown) }] // prettier-ignore
  if (predicted) variables.push({ group: 'posterior_predictive', name: identifier(observed.name), values: predicted, dims: ['measurement'], attributes: describe(observed) }) // prettier-ignore
  for (const [name, values] of Object.entries(stats)) variables.push({ group: 'sample_stats', name: identifier(name), values, dims: [], attributes: {} }) // prettier-ignore
  return variables
}

/** A variable may not be called as a dimension is. */
const variableName = (name: string, dims: readonly string[]): string => {
  const own = identifier(name)
  return ['chain', 'draw', ...dims].includes(own) ? `${own}_value` : own
}

async function putPrior(
  writer: ZarrWriter,
  prior: NdArray,
  unknown: PosteriorFile['unknown'],
  axes: readonly Axis[],
  library: Record<string, unknown>,
): Promise<void> {
  assertShape(prior, [null, ...unknown.grid.shape], 'writePosterior: prior')
  const [k] = prior.shape
  await startGroup(writer, 'prior', k, axes, library)
  const dims = axes.map(({ name }) => name)
  const target = await openVariable(
    writer,
    `prior/${variableName(unknown.name, dims)}`,
    prior,
    dims,
    k!,
    describe(unknown),
  )
  await target.push(prior, 0)
  await target.close()
}
