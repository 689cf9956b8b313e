/** Options of everything that restores pictures and compares. */
import type { Values } from '../../command.js'
import type { DetectOptions } from '../../../run/segment/detect.js'

/** How a picture is restored and compared, but for the levels. */
export const restorationOptions = {
  steps: { type: 'number', integer: true, least: 1, describe: 'Steps of the sampler (10)' },
  sampler: { type: 'text', describe: 'Rule of a step (exponential)' },
  alpha: { type: 'number', least: 0, describe: 'Member of the reverse family: 0 deterministic, 1 DDPM (0)' },
  draws: { type: 'number', integer: true, least: 1, describe: 'Restorations that are averaged (1)' },
  keep: { type: 'number', describe: 'Keep what agrees with the picture to less than this, in standard deviations (off)' },
  residual: { type: 'choice', choices: ['l1', 'l2', 'ms-ssim'], describe: 'How picture and restoration are compared' },
  smooth: { type: 'number', least: 0, describe: "Deviation of the map's smoothing, in pixels (1/64 of the shorter side)" },
} as const // prettier-ignore

export const detectOptions = {
  't-forward': { type: 'number', least: 1, describe: 'Noise pictures to this level, in steps out of 1000 (100)' },
  't-reverse': { type: 'number', least: 1, describe: 'Denoise from this level (250)' },
  ...restorationOptions,
} as const

/** What was given of them. */
export function detectValues(
  values: Values<typeof restorationOptions> & Partial<Values<typeof detectOptions>>,
): DetectOptions {
  const given = {
    ...{ tForward: values['t-forward'], tReverse: values['t-reverse'], steps: values.steps, sampler: values.sampler },
    ...{ alpha: values.alpha, draws: values.draws, keep: values.keep, smooth: values.smooth },
  }
  const chosen = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...(Object.fromEntries(chosen) as DetectOptions), residual: values.residual }
}
