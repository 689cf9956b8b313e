/** The ladder of parallel tempering: inverse temperatures from 1 (the posterior) to 0 (the prior). */

/** Each step the same factor down to 1e-4, and then 0. */
export function firstLadder(levels: number): Float64Array {
  return Float64Array.from({ length: levels }, (_, l) =>
    l === 0 ? 1 : l === levels - 1 ? 0 : 1e-4 ** (l / Math.max(1, levels - 2)),
  )
}

/**
 * The ladder whose neighbours would reject exchanges equally often: levels at equal steps of the rejections summed along it,
 * Lambda(beta), taken as linear in ln beta between the levels, and in beta next to the prior (Syed and others 2022,
 * algorithm 2, which interpolates by a monotone cubic).
 *
 * @param rejections mean probability of rejection between levels l and l + 1.
 */
export function adaptedLadder(betas: Float64Array, rejections: Float64Array): Float64Array {
  const barrier = new Float64Array(betas.length)
  rejections.forEach((r, l) => (barrier[l + 1] = barrier[l]! + Math.max(r, 1e-3)))
  const total = barrier.at(-1)!
  let l = 0
  return betas.map((_, k) => {
    if (k === 0 || k === betas.length - 1) return betas[k]!
    const at = (total * k) / (betas.length - 1)
    while (barrier[l + 1]! < at) l++
    const share = (at - barrier[l]!) / (barrier[l + 1]! - barrier[l]!)
    const [high, low] = [betas[l]!, betas[l + 1]!]
    return low > 0 ? high * (low / high) ** share : high * (1 - share)
  })
}
