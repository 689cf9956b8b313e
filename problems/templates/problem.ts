/** How hot was the rod? Its first temperature from later readings. Replace each part by your own. */
import { cellGrid, defineProblem, gaussianField, heat } from 'invdiff'

export default defineProblem({
  name: 'my-problem',
  title: 'A rod that has cooled',
  describe:
    'A rod with closed ends was heated unevenly, and its heat has spread since. From noisy readings at a few places, infer ' +
    'its temperature at the start, as a deviation from the mean.',
  // Cells of the unknown: one axis or two. `build` may be asked for another shape, as by --shape 16.
  shape: [32],
  build(shape) {
    const grid = cellGrid(shape, [1])
    const steps = 8
    return {
      unknown: { name: 'initial temperature', units: 'K', grid },
      // What you hold likely before any reading: here smooth fields of deviation 2 K.
      prior: gaussianField({ grid, boundary: 'neumann', length: 0.2, smoothness: 1.5, std: 2 }),
      physics: {
        // What differs from case to case: training draws it between low and high.
        parameters: {
          kappa: {
            ...{ describe: 'diffusivity of the rod', units: 'm^2/s' },
            ...{ low: 0.002, high: 0.01, default: 0.005, log: true },
          },
        },
        // From the unknown to the state. A simulator of yours is { inputShape, outputShape, apply, adjoint }, on arrays
        // [n, ...shape].
        solve: ({ kappa }) => heat({ grid, kappa: kappa!, sides: 'zero-flux', steps, dt: 1 / steps }).map('initial'),
      },
      state: { name: 'temperature', units: 'K', grid, lengthUnits: 'm' },
      // How the state may be observed ('invdiff operators' lists the kinds): ranges are drawn from, for each example.
      operators: [
        { name: 'sensors', spec: { kind: 'sensors', count: [4, 16] } },
        { name: 'segments', spec: { kind: 'block-mean', count: [4, 16], size: [0.05, 0.2] } },
      ],
      noise: {
        describe: 'standard deviation of a reading',
        units: 'K',
        low: 0.02,
        high: 0.2,
        default: 0.05,
        log: true,
      },
    }
  },
})
