/**
 * What a network is trained to give, as a denoiser. Every parametrisation is
 *
 *   D(x~, sigma) = c_skip x~ + c_out F(c_in x~, c_noise),   x~ = x0 + sigma w
 *   c_in = 1/sqrt(sigma^2 + sigma_data^2),   c_noise = ln(sigma)/4
 *
 * in the variance-exploding variable: for z = m x~ of another path D_VP(z, sigma) = D(z/m, sigma), and never z enters c_in or
 * c_skip. They differ in what F stands for:
 *
 *   edm          (x0 - c_skip x~)/c_out of unit variance, c_skip = sd^2/(sigma^2 + sd^2), c_out = sigma sd/sqrt(sigma^2 + sd^2)
 *   epsilon      the noise w:                          D = x~ - sigma F
 *   score        grad log p_sigma(x~):                 D = x~ + sigma^2 F
 *   x0           the clean sample:                     D = F
 *   velocity     m w - s x0 with m^2 + s^2 = 1 (k = 2): D = x~/(1 + sigma^2) - sigma/sqrt(1 + sigma^2) F
 *   velocity-1   w - x0 with m + s = 1 (k = 1):         D = (x~ - sigma F)/(1 + sigma)
 *
 * With a base, a denoiser in closed form such as the Gaussian surrogate (surrogate.ts), the network learns what is left over,
 * D = D_base + c_out F(c_in x~, D_base, ...), with the c_out and the weight of `edm`.
 *
 * Sources: Karras et al. 2022, arXiv 2206.00364 (edm); Ho et al. 2020, arXiv 2006.11239 (epsilon); Song et al. 2021,
 * arXiv 2011.13456 (score); Salimans, Ho 2022, arXiv 2202.00512 (velocity); Lipman et al. 2023, arXiv 2210.02747 (k = 1).
 */
import * as tf from '@tensorflow/tfjs'
import { perSample, type Condition, type Denoiser } from './denoiser.js'
import type { Network, NetworkCondition, Weights } from './network.js'

/** c_skip and c_out at sigma, both like sigma. */
interface Coefficients {
  readonly skip: tf.Tensor
  readonly out: tf.Tensor
}

type Rule = (sigma: tf.Tensor, sigmaData: number) => Coefficients

/** sqrt(sigma^2 + a^2). */
const hypot = (sigma: tf.Tensor, a: number): tf.Tensor => tf.sqrt(tf.add(tf.square(sigma), a ** 2))

const rules = {
  edm: (sigma, sigmaData) => {
    const total = hypot(sigma, sigmaData)
    return { skip: tf.square(tf.div(sigmaData, total)), out: tf.mul(sigma, tf.div(sigmaData, total)) }
  },
  epsilon: sigma => ({ skip: tf.onesLike(sigma), out: tf.neg(sigma) }),
  score: sigma => ({ skip: tf.onesLike(sigma), out: tf.square(sigma) }),
  x0: sigma => ({ skip: tf.zerosLike(sigma), out: tf.onesLike(sigma) }),
  velocity: sigma => {
    const m = tf.div(1, hypot(sigma, 1))
    return { skip: tf.square(m), out: tf.neg(tf.mul(sigma, m)) }
  },
  'velocity-1': sigma => {
    const m = tf.div(1, tf.add(sigma, 1))
    return { skip: m, out: tf.neg(tf.mul(sigma, m)) }
  },
} satisfies Record<string, Rule>

export type Parametrisation = keyof typeof rules

export const parametrisations = Object.keys(rules) as readonly Parametrisation[]

/** Throws a RangeError that lists the names, unless there is a parametrisation of this one. */
export function assertParametrisation(name: unknown): asserts name is Parametrisation {
  if (!parametrisations.includes(name as Parametrisation))
    throw new RangeError(`there is no parametrisation '${String(name)}': ${parametrisations.join(', ')}`)
}

export interface Conversion {
  /** F of a denoised D at (x, sigma): what the network should have given. */
  readonly toNetwork: (D: tf.Tensor, x: tf.Tensor, sigma: tf.Tensor) => tf.Tensor
  /** D of what the network gave. */
  readonly toDenoised: (F: tf.Tensor, x: tf.Tensor, sigma: tf.Tensor) => tf.Tensor
  /**
   * The weight lambda(sigma) of |D - x0|^2 under which the network's target has unit variance at every level, for data of
   * deviation sigma_data: 1/Var[x0 - c_skip x~] = 1/((1 - c_skip)^2 sigma_data^2 + c_skip^2 sigma^2). It is 1/c_out^2 for `edm`
   * and 1/sigma^2 for `epsilon` and `score`: the loss of theory.md, section 4, with lambda = s^2 there. Like sigma.
   */
  readonly weight: (sigma: tf.Tensor) => tf.Tensor
}

/**
 * The conversions of a parametrisation; x, D and F [n, ...shape], sigma [n] or [1].
 *
 * @param sigmaData deviation of the data in the units of x~, measured; 1 where the normaliser standardised it.
 * @throws RangeError for an unknown name or a deviation that is not positive.
 */
export function conversion(parametrisation: Parametrisation, sigmaData = 1): Conversion {
  assertParametrisation(parametrisation)
  if (!(sigmaData > 0 && sigmaData < Infinity)) throw new RangeError(`sigmaData is ${sigmaData}; wants a number > 0`)
  const rule: Rule = rules[parametrisation]
  const at = (x: tf.Tensor, sigma: tf.Tensor): Coefficients => rule(perSample(sigma, x), sigmaData)
  return {
    toNetwork(D, x, sigma) {
      const { skip, out } = at(x, sigma)
      return tf.div(tf.sub(D, tf.mul(skip, x)), out)
    },
    toDenoised(F, x, sigma) {
      const { skip, out } = at(x, sigma)
      return tf.add(tf.mul(skip, x), tf.mul(out, F))
    },
    weight(sigma) {
      const { skip } = rule(sigma, sigmaData)
      const left = tf.mul(tf.square(tf.sub(1, skip)), sigmaData ** 2)
      return tf.div(1, tf.add(left, tf.square(tf.mul(skip, sigma))))
    },
  }
}

export interface Preconditioning {
  /** Default `edm`. */
  readonly parametrisation?: Parametrisation
  /** Deviation of the data in the units of x~. Default 1: standardised. */
  readonly sigmaData?: number
  /**
   * A denoiser that the network corrects; `edm` only. The network takes D_base as its first channel, before those of the
   * condition, so it has one channel more than the condition.
   */
  readonly base?: Denoiser
}

/**
 * The denoiser of a network with given weights. It reads the conditions `channels` [1 or n, channels, ...shape] and `embedding`
 * [1 or n, embedding], where the network has them; a base reads its own.
 *
 * @throws RangeError for an unknown parametrisation or a bad sigmaData; Error for a missing or misshapen condition or weight.
 */
export function denoiserOf(network: Network, weights: Weights, preconditioning: Preconditioning = {}): Denoiser {
  const { parametrisation = 'edm', sigmaData = 1, base } = preconditioning
  const { toDenoised } = conversion(parametrisation, sigmaData)
  if (base && parametrisation !== 'edm')
    throw new RangeError(`a denoiser is corrected with the parametrisation 'edm' only, not '${parametrisation}'`)
  if (base && network.channels === 0)
    throw new RangeError('the network has no channel for the denoiser that it corrects: open it with one channel more')
  return (x, sigma, condition) => {
    const given = conditionFor(network, x, condition)
    const cIn = tf.div(1, hypot(perSample(sigma, x), sigmaData))
    const apply = (seen: NetworkCondition): tf.Tensor =>
      network.apply(weights, tf.mul(cIn, x), tf.div(tf.log(sigma), 4), seen)
    if (!base) return toDenoised(apply(given), x, sigma)
    const D = base(x, sigma, condition)
    const { out } = rules.edm(perSample(sigma, x), sigmaData)
    return tf.add(D, tf.mul(out, apply(withBase(given, D))))
  }
}

/** What the network reads of a condition, which may hold more. */
function conditionFor(network: Network, x: tf.Tensor, condition: Condition = {}): NetworkCondition {
  assertSamples(network, x)
  return {
    ...(condition.channels ? { channels: condition.channels } : {}),
    ...(condition.embedding ? { embedding: condition.embedding } : {}),
  }
}

function assertSamples({ shape, kind }: Network, x: tf.Tensor): void {
  if (x.shape.slice(1).join() !== shape.join())
    throw new Error(`the ${kind} takes samples [n, ${shape.join(', ')}]; given [${x.shape.join(', ')}]`)
}

function withBase({ channels, ...rest }: NetworkCondition, D: tf.Tensor): NetworkCondition {
  const first = tf.expandDims(D, 1)
  if (!channels) return { ...rest, channels: first }
  const n = D.shape[0]
  const all = channels.shape[0] === n ? channels : tf.tile(channels, [n, ...channels.shape.slice(1).map(() => 1)])
  return { ...rest, channels: tf.concat([first, all], 1) }
}
