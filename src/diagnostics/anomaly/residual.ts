/** Anomaly maps of a picture x against its restoration r: how far the two are apart at each pixel. */
import { array, elements } from '../../io/array.js'
import { smooth, type Maps } from './filter.js'
import { pairOf, type Pictures } from './pictures.js'
import { msSsim, type SsimOptions } from './ssim.js'

export const residualNames = ['l1', 'l2', 'ms-ssim'] as const
export type ResidualName = (typeof residualNames)[number]

export interface AnomalyMapOptions extends SsimOptions {
  /** `l1` unless given. */
  readonly residual?: ResidualName
  /** Standard deviation in pixels of the Gaussian that smooths the map; 0 unless given. */
  readonly sigma?: number
}

/**
 * The maps of a batch, [n, height, width], 0 where picture and restoration agree:
 *
 *   l1: mean_c |x_c - r_c|,   l2: mean_c (x_c - r_c)^2,   ms-ssim: 1 - MS-SSIM(x, r), from 0 to 1.
 *
 * @param x pictures [n, height, width, channels]
 * @param restored of the same shape
 * @throws RangeError for other shapes, values that are not finite, an unknown residual or a sigma below 0
 */
export function anomalyMaps(x: Pictures, restored: Pictures, options: AnomalyMapOptions = {}): Maps {
  const { residual = 'l1', sigma = 0, ...rest } = options
  if (!(sigma >= 0 && sigma < Infinity)) throw new RangeError(`anomalyMaps: sigma is ${sigma}; it must be a number from 0`) // prettier-ignore
  switch (residual) {
    case 'l1':
      return smooth(
        pixelwise(x, restored, d => (d < 0 ? -d : d)),
        sigma,
      )
    case 'l2':
      return smooth(pixelwise(x, restored, d => d * d), sigma) // prettier-ignore
    case 'ms-ssim': {
      const maps = msSsim(x, restored, rest)
      for (let p = 0; p < maps.size; p++) maps.data[p] = 1 - maps.data[p]!
      return smooth(maps, sigma)
    }
    default:
      residual satisfies never
      throw new RangeError(`anomalyMaps: unknown residual '${String(residual)}'; known: ${residualNames.join(', ')}`)
  }
}

/** The mean over channels of a function of x - r. */
function pixelwise(x: Pictures, restored: Pictures, f: (difference: number) => number): Maps {
  const { n, height, width, channels } = pairOf('anomalyMaps', x, restored)
  const [a, b] = [elements(x), elements(restored)]
  const out = new Float32Array(n * height * width)
  for (let p = 0, at = 0; p < out.length; p++) {
    let sum = 0
    for (let c = 0; c < channels; c++, at++) sum += f(a[at]! - b[at]!)
    out[p] = sum / channels
  }
  return array(out, [n, height, width])
}
