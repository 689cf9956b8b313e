/** Where does it come from? A steady source from the concentration that it has made within a second. */
import { defineProblem, gaussianField } from 'invdiff'
import { diffusivity, instruments, noise, speed, tank, times, transport } from '../flow.js'

export default defineProblem({
  name: 'advection-diffusion/source',
  title: 'A source in a stirred tank',
  describe:
    'A solute enters (and leaves) a clean tank everywhere at a steady rate, while two vortices stir it. From measurements ' +
    'within the first second, infer the rate at every place.',
  shape: [32, 32],
  build(shape) {
    const grid = tank(shape)
    return {
      unknown: { name: 'source', units: 'mg/l/s', grid },
      prior: gaussianField({ grid, boundary: 'neumann', length: 0.2, smoothness: 1.5, std: 2 }),
      physics: {
        parameters: { speed, kappa: diffusivity(shape) },
        solve: parameters => transport(grid, parameters).map('source'),
      },
      state: { name: 'concentration', units: 'mg/l', grid, times, lengthUnits: 'm', timeUnits: 's' },
      operators: instruments,
      noise,
    }
  },
})
