/** Particles of the test mixture, forward and back, with the exact denoiser: what is drawn on top of its densities. */
import { score, diffuse, testMixture } from '../pde/mixture.js'
import { terminalLaw, tweedie, type Process } from '../pde/process.js'
import type { ReverseFamily } from '../pde/reverse.js'
import { derive, normal, uniform, type Key } from '../random.js'

/** Positions z of the particles at each level, in the order of the levels. */
export type Tracks = readonly Float64Array[]

/** Draws from the test mixture. */
function draws(key: Key, count: number): Float64Array {
  const which = uniform(derive(key, 'component'), new Float64Array(count))
  const [first, second] = testMixture as [(typeof testMixture)[0], (typeof testMixture)[0]]
  return normal(derive(key, 'x'), new Float64Array(count)).map((w, i) => {
    const { mu, c } = which[i]! < first.w ? first : second
    return mu + Math.sqrt(c) * w
  })
}

/**
 * Forward particles at increasing levels: dX = sqrt(gamma) dW has independent increments of variance Delta, and Z = xi X.
 */
export function forwardTracks(process: Process, sigmas: readonly number[], key: Key, count: number): Tracks {
  const x = draws(key, count)
  let last = 0
  return sigmas.map((sigma, n) => {
    const spread = Math.sqrt(sigma ** 2 - last ** 2)
    const kick = normal(derive(key, 'forward', n), new Float64Array(count))
    for (let i = 0; i < count; i++) x[i]! += spread * kick[i]!
    last = sigma
    return x.map(v => process.path.scale(sigma) * v)
  })
}

/** Reverse particles from the terminal law, by the step with the denoiser frozen between the same levels. */
export function reverseTracks(reverse: ReverseFamily, sigmas: readonly number[], key: Key, count: number): Tracks {
  const { process } = reverse
  const top = sigmas.length - 1
  const start = terminalLaw(process.kernel(sigmas[top]!))
  let z = normal(derive(key, 'start'), new Float64Array(count)).map(w => start.mean + Math.sqrt(start.variance) * w)
  const tracks = [z]
  for (let n = top; n > 0; n--) {
    const kernel = process.kernel(sigmas[n]!)
    const law = diffuse(testMixture, kernel)
    const D = tweedie(kernel)
    const step = reverse.denoiserFrozen(sigmas[n]!, sigmas[n - 1]!)
    const noise = normal(derive(key, 'reverse', n), new Float64Array(count))
    z = z.map((v, i) => step.z * v + step.denoised * (D.z * v + D.score * score(law, v)) + step.w * noise[i]!)
    tracks.push(z)
  }
  return tracks.reverse()
}
