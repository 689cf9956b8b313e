/** Models that differ in nothing but the seed of their training, and how long it took: one line of a comparison. */
import { basename } from 'node:path'
import type { Posterior } from '../posterior.js'
import type { ModelSpec } from './model-folder.js'
import { processes, type ProcessSpec } from './process.js'

export interface ModelGroup {
  /** The process that it was trained for, and the first folder where that says too little. */
  readonly name: string
  readonly process: ProcessSpec
  /** Noise levels of its training, as JSON; null for a model that does not say. */
  readonly levels: string | null
  readonly folders: readonly string[]
  readonly seeds: readonly number[]
  readonly members: readonly Posterior[]
}

/** `ve` and `vp` by name, others by their path. */
export function processName(spec: ProcessSpec): string {
  const text = JSON.stringify(spec)
  const known = Object.entries(processes).find(([, value]) => JSON.stringify(value) === text)
  return known?.[0] ?? ('xi' in spec.path ? spec.path.xi : spec.path.name)
}

/** What must agree: everything that was decided before training but the seed. */
const recipe = ({ process, network, parametrisation, view, operators, training }: ModelSpec): string =>
  JSON.stringify([process, network, parametrisation, view, operators, training.batch, training.loss, training.levels])

/** @throws RangeError without models, or for models of different problems, shapes or coordinates. */
export function groupModels(posteriors: readonly Posterior[]): ModelGroup[] {
  const first = posteriors[0]
  if (!first) throw new RangeError('compare: no models')
  const target = ({ model: { spec } }: Posterior): string => `${spec.problem} [${spec.shape.join(', ')}], coordinates '${spec.view.coordinates}'` // prettier-ignore
  const other = posteriors.find(posterior => target(posterior) !== target(first))
  if (other) throw new RangeError(`compare: ${first.model.folder} is of ${target(first)}, ${other.model.folder} of ${target(other)}; wants one problem`) // prettier-ignore
  const found = new Map<string, Posterior[]>()
  for (const posterior of posteriors) {
    const own = recipe(posterior.model.spec)
    found.set(own, [...(found.get(own) ?? []), posterior])
  }
  const all = [...found.values()]
  const names = all.map(([one]) => processName(one!.model.spec.process))
  return all.map((members, g) => {
    const { spec, folder } = members[0]!.model
    const alone = names.filter(name => name === names[g]).length === 1
    return {
      name: alone ? names[g]! : `${names[g]!} (${basename(folder)})`,
      process: spec.process,
      levels: spec.training.levels ? JSON.stringify(spec.training.levels) : null,
      folders: members.map(({ model }) => model.folder),
      seeds: members.map(({ model }) => model.spec.training.seed),
      members,
    }
  })
}
