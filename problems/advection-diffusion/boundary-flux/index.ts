/** What seeps through the wall? The flux of a species into a channel, from concentrations in the flow. */
import { cellGrid, channelFlow, defineProblem, gaussianField, steadyAdvectionDiffusion } from 'invdiff'

/** The channel, m: its wall lies along x. */
const [length, height] = [2, 1]

export default defineProblem({
  name: 'advection-diffusion/boundary-flux',
  title: 'Flux through the wall of a channel',
  describe:
    'Clean water flows through a channel in steady state; a species enters through the lower wall and is carried ' +
    'downstream. From sparse noisy concentrations in the flow, infer the flux along the wall.',
  shape: [32],
  build(shape) {
    const nx = shape[0]!
    const wall = cellGrid([nx], [length])
    const grid = cellGrid([nx, nx], [length, height])
    // The cell Peclet number stays below 2: coarser grids need a larger diffusivity.
    const coarser = Math.max(1, 32 / nx)
    return {
      unknown: { name: 'flux through the wall', units: 'g/m^2/s', grid: wall },
      prior: gaussianField({ grid: wall, boundary: 'neumann', length: 0.3, smoothness: 1.5, mean: 1, std: 0.5 }),
      physics: {
        parameters: {
          speed: { describe: 'speed in the middle of the channel', units: 'm/s', low: 0.2, high: 0.6, default: 0.4 },
          kappa: {
            describe: 'diffusivity of the species',
            units: 'm^2/s',
            low: 0.02 * coarser,
            high: 0.06 * coarser,
            default: 0.03 * coarser,
            log: true,
          },
        },
        solve: ({ speed, kappa }) =>
          steadyAdvectionDiffusion({
            grid,
            velocity: channelFlow(grid, speed!),
            kappa: kappa!,
            sides: { left: 'value', right: 'outflow', bottom: 'flux', top: 'zero-flux' },
          }).map('bottom'),
      },
      state: { name: 'concentration', units: 'g/m^3', grid, lengthUnits: 'm' },
      operators: [
        { name: 'sensors', spec: { kind: 'sensors', count: [4, 48] } },
        { name: 'lines', spec: { kind: 'line-integral', count: [4, 24] } },
        { name: 'footprints', spec: { kind: 'block-mean', count: [4, 32], size: [0.08, 0.25] } },
      ],
      noise: {
        describe: 'standard deviation of a measurement',
        units: 'g/m^3',
        low: 0.05,
        high: 0.5,
        default: 0.1,
        log: true,
      },
    }
  },
})
