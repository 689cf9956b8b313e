/** Losses by name, with their parameters checked: what a configuration names and a user extends. */
import { registry, type Parameter } from '../../pde/registry.js'
import type { Loss } from './loss.js'
import { mse } from './mse.js'
import { densityPower, huber, l1, pseudoHuber, tukey } from './penalties.js'
import { elementLoss, levelLoss, type Penalty } from './penalty.js'
import { densityPowerSample, lts, ltsLevel } from './samples.js'

export { elementMean, reduced, type Loss } from './loss.js'
export type { Penalty } from './penalty.js'

const delta: Parameter = { default: 0.2, description: 'residual from which on the penalty grows linearly' }
const c: Parameter = { default: 4.685, description: 'residual from which on there is no influence' }
const beta: Parameter = { default: 0.2, description: 'power of the density that a residual weighs as' }
const keep: Parameter = { default: 0.8, below: 1, description: 'share of each batch that is kept' }
const bandwidth: Parameter = { default: 0.5, description: 'width in ln sigma of what counts as one noise level' }

/** rho(r) of one residual: `l1`, `huber`, `pseudo-huber`, `tukey`, `density-power`. */
export const penalties = registry<Penalty>('penalty')
penalties.register({ name: 'l1', description: 'absolute value: the median', parameters: {}, create: () => l1 })
penalties.register({ name: 'huber', description: 'square, linear beyond delta; over delta', parameters: { delta }, create: huber }) // prettier-ignore
penalties.register({ name: 'pseudo-huber', description: 'Huber with a smooth corner', parameters: { delta }, create: pseudoHuber }) // prettier-ignore
penalties.register({ name: 'tukey', description: 'biweight: constant beyond c', parameters: { c }, create: tukey })
penalties.register({ name: 'density-power', description: 'density-power (beta) divergence to a normal law', parameters: { beta }, create: densityPower }) // prettier-ignore

/**
 * Every loss: `mse`; each penalty, and `<penalty>-level` with its thresholds in units of what is typical at the noise level;
 * `density-power-sample`, `lts` and `lts-level`, which judge whole samples.
 */
export const losses = registry<Loss>('loss')
losses.register({ name: 'mse', description: 'mean square: the conditional mean', parameters: {}, create: () => mse })
for (const { name, description, parameters } of penalties.list()) {
  const create = ({ bandwidth: _, ...own }: Readonly<Record<string, number>>): Penalty => penalties.create(name, own)
  losses.register({ name, description, parameters, create: values => elementLoss(create(values)) })
  losses.register({
    name: `${name}-level`,
    description: `${description}; in units of what is typical at the noise level`,
    parameters: { ...parameters, bandwidth },
    create: values => levelLoss(create(values), { bandwidth: values.bandwidth }),
  })
}
losses.register({ name: 'density-power-sample', description: 'density-power weight of whole samples', parameters: { beta }, create: densityPowerSample }) // prettier-ignore
losses.register({ name: 'lts', description: 'least trimmed squares', parameters: { keep }, create: lts })
losses.register({ name: 'lts-level', description: 'least trimmed squares, ordered by loss over what is typical at the noise level', parameters: { keep, bandwidth }, create: ltsLevel }) // prettier-ignore
