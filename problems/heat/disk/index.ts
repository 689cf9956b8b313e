/**
 * The public heat problem of the group behind the method (unit square, kappa 0.25, no flux, backward Euler with dt 0.01): the
 * field after the first step from one hot disk, from the field after the sixth with noise. Their scripts do not agree on the
 * noise or on the prior of the reference chains; here the noise is 0.1, and one prior serves both.
 */
import { cellGrid, defineProblem, diskPrior, heat, type ParametricPrior } from 'invdiff'

const [kappa, dt, scheme] = [0.25, 0.01, 'backward-euler'] as const
/** Steps of the solver before the unknown, and from there to the measurement. */
const [before, after] = [1, 5]

export default defineProblem({
  name: 'heat/disk',
  title: 'A hot disk that has cooled',
  describe:
    'One disk is hot, the plate around it cold. From a noisy picture of the temperature five steps later, infer the ' +
    'temperature after the first step.',
  shape: [64, 64],
  build(shape) {
    const grid = cellGrid(shape)
    const march = (steps: number) => heat({ grid, kappa, dt, scheme, steps, sides: 'zero-flux' }).map('initial')
    const [first, rest] = [march(before), march(after)]
    const disk = diskPrior(grid)
    const prior: ParametricPrior = {
      ...disk,
      sample: (key, n, start) => first.apply(disk.sample(key, n, start)),
      field: theta => first.apply(disk.field(theta)),
    }
    return {
      unknown: { name: 'temperature after one step', units: 'K', grid },
      prior,
      physics: { parameters: {}, solve: () => rest },
      state: { name: 'temperature', units: 'K', grid, lengthUnits: 'm' },
      operators: [{ name: 'picture', spec: { kind: 'block-mean', blocks: shape } }],
      noise: { describe: 'standard deviation of a pixel', units: 'K', low: 0.1, high: 0.1, default: 0.1 },
    }
  },
})
