/** Where was the solute? The initial concentration from later measurements, with a Gaussian random field as prior. */
import { defineProblem, gaussianField } from 'invdiff'
import { diffusivity, instruments, noise, speed, tank, times, transport } from '../flow.js'

export default defineProblem({
  name: 'advection-diffusion/initial-condition',
  title: 'Initial concentration in a stirred tank',
  describe:
    'A solute is stirred by two vortices while it spreads. From measurements up to one second later, infer its concentration ' +
    'at the start, as a deviation from the mean level. Diffusion has erased what is small, so that many initial states fit.',
  shape: [32, 32],
  build(shape) {
    const grid = tank(shape)
    return {
      unknown: { name: 'initial concentration', units: 'mg/l', grid },
      prior: gaussianField({ grid, boundary: 'neumann', length: 0.2, smoothness: 1.5 }),
      physics: {
        parameters: { speed, kappa: diffusivity(shape) },
        solve: parameters => transport(grid, parameters).map('initial'),
      },
      state: { name: 'concentration', units: 'mg/l', grid, times, lengthUnits: 'm', timeUnits: 's' },
      operators: instruments,
      noise,
    }
  },
})
