/** Samplers: rules that take one step of the reverse process, the loop that they share, and the log-probability. */
import './steps/first-order.js'
import './steps/heun.js'
import './steps/dpm-solver.js'
import './steps/predictor-corrector.js'
import './adaptive/dormand-prince.js'
import './adaptive/stochastic.js'

export { logProb, type LogProbRequest } from './log-prob.js'
export { timeGrids, type TimeGrid } from './grid.js'
export type { Checkpoint, Progress, SampleRequest, SamplerOptions, Samples } from './request.js'
export { openSampler, sample, type Sampler } from './sampler.js'
export type { Moments } from './start.js'
export {
  defineStep,
  steps,
  type AdaptiveStep,
  type Advance,
  type AnyStep,
  type Attempt,
  type Attempted,
  type Interval,
  type Level,
  type Step,
} from './step.js'
