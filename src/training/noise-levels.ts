/**
 * Which noise levels training sees: a density q of ln sigma. Together with the weight lambda (weighting.ts) it is the loss,
 *
 *   E_{ln sigma ~ q} lambda(sigma) E |D_theta(x0 + sigma w, sigma) - x0|^2,
 *
 * so that only the product q lambda says what is asked of the network; each alone says how noisy its gradient is.
 */
import { normalQuantile, uniform, type Key } from '../random.js'
import type { Schedule } from '../pde/schedule.js'

export interface NoiseLevels {
  /** `log-normal`, `log-uniform` or `schedule`. */
  readonly name: string
  /** What makes them again with their name: plain JSON, saved with a model. */
  readonly options: Readonly<Record<string, number | string>>
  /** sigma below which a share u in (0, 1) of training lies. */
  quantile(u: number): number
  /** q, per unit of ln sigma. */
  density(sigma: number): number
}

/** ln sigma ~ N(mean, sd^2). Source: Karras et al. 2022, arXiv 2206.00364, P_mean = -1.2 and P_std = 1.2. */
export function logNormal({ mean = -1.2, sd = 1.2 } = {}): NoiseLevels {
  if (!(Number.isFinite(mean) && sd > 0 && sd < Infinity))
    throw new RangeError(`logNormal: needs a finite mean and sd > 0, not ${mean} and ${sd}`)
  return {
    name: 'log-normal',
    options: { mean, sd },
    quantile: u => Math.exp(mean + sd * normalQuantile(u)),
    density: sigma => Math.exp(-0.5 * ((Math.log(sigma) - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI)),
  }
}

/** ln sigma uniform between the logarithms of both ends; defaults 0.002 and 80, as samplers use them. */
export function logUniform({ min = 0.002, max = 80 } = {}): NoiseLevels {
  if (!(min > 0 && max > min && max < Infinity))
    throw new RangeError(`logUniform: needs 0 < min < max, not ${min} and ${max}`)
  const width = Math.log(max / min)
  return {
    name: 'log-uniform',
    options: { min, max },
    quantile: u => min * Math.exp(u * width),
    density: sigma => (sigma >= min && sigma <= max ? 1 / width : 0),
  }
}

/**
 * t uniform on [from, 1] and sigma = sigma(t): q = dt / d ln sigma = 2 sigma^2 / gamma, over 1 - from.
 *
 * @param from least t, since sigma(0) may be 0; default 1e-3 (Song et al. 2021, arXiv 2011.13456, take 1e-5 to 1e-3).
 */
export function bySchedule(schedule: Schedule, from = 1e-3): NoiseLevels {
  if (!(from >= 0 && from < 1)) throw new RangeError(`bySchedule: from is ${from}; it must be in [0, 1)`)
  const [min, max] = [schedule.sigma(from), schedule.sigma(1)]
  if (!(min > 0)) throw new RangeError(`bySchedule: sigma(${from}) of '${schedule.name}' is ${min}; choose a later t`)
  return {
    name: 'schedule',
    options: { schedule: schedule.name, definition: schedule.definition, from },
    quantile: u => schedule.sigma(from + u * (1 - from)),
    density: sigma =>
      sigma < min || sigma > max ? 0 : (2 * sigma ** 2) / schedule.gamma(schedule.time(sigma)) / (1 - from),
  }
}

/**
 * n levels, one from each n-th part of the density, so that every batch covers it: sigma_i at u_i = (i + v_i) / n, v_i
 * uniform. Their mean loss is that of independent levels, its variance smaller. (As in Kingma et al. 2021, arXiv 2107.00630,
 * who shift all by one v.)
 */
export function drawLevels(levels: NoiseLevels, key: Key, n: number): Float64Array {
  return uniform(key, new Float64Array(n)).map((v, i) => levels.quantile((i + v) / n))
}
