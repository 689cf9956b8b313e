/** Where were the plumes? The initial concentration from later measurements, with two positive plumes as prior. */
import { defineProblem, plumePrior } from 'invdiff'
import { diffusivity, instruments, noise, speed, tank, times, transport } from '../flow.js'

export default defineProblem({
  name: 'advection-diffusion/initial-condition-plume',
  title: 'Two plumes in a stirred tank',
  describe:
    'Two positive plumes are stirred by two vortices while they spread. From measurements up to one second later, infer the ' +
    'initial concentration. The prior is far from Gaussian: a posterior may hold several places for a plume.',
  shape: [32, 32],
  build(shape) {
    const grid = tank(shape)
    return {
      unknown: { name: 'initial concentration', units: 'mg/l', grid },
      prior: plumePrior(grid, { count: 2 }),
      physics: {
        parameters: { speed, kappa: diffusivity(shape) },
        solve: parameters => transport(grid, parameters).map('initial'),
      },
      state: { name: 'concentration', units: 'mg/l', grid, times, lengthUnits: 'm', timeUnits: 's' },
      operators: instruments,
      noise: { ...noise, low: 0.01, high: 0.1, default: 0.02 },
    }
  },
})
