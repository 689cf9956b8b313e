/** Advection and diffusion at rest: div(u c) = div(kappa grad c) + f, one solve with L (finite-volumes.ts). */
import { discretise, type Transport } from './discretise.js'
import { addForcing, collectForcing } from './forcing.js'
import { blocksOf } from './lanes.js'
import type { Volumes } from './finite-volumes.js'
import { fed, sideShape, solver, type Kernel, type Solver } from './solution.js'

const where = 'steady advection-diffusion'
const at = { step: 0, theta: 0 }

/**
 * The solver of a steady problem. Inputs: `source` [...grid.shape], and the data of the sides by their names; output
 * [...grid.shape].
 *
 * @throws RangeError as `advectionDiffusion` does; for a flow in time; and where nothing sets the level of c, because no
 * side has a value or an outflow.
 */
export function steadyAdvectionDiffusion(
  problem: Transport,
): Solver & { readonly report: { readonly peclet: number } } {
  const { grid, boundary, order, place, steady, volumesAt, factored, peclet } = discretise(where, problem)
  if (!steady)
    throw new RangeError(`${where}: the flow changes in time; take advectionDiffusion, or the flow at one time`)
  const { volumes, velocity } = volumesAt(0)
  assertDrained(volumes)
  const system = factored(volumes, 0, 1)

  const kernel: Kernel = {
    forward(_, channels, first, end, out) {
      for (const block of blocksOf(first, end)) {
        const x = new Float64Array(order.length * block.width)
        addForcing(channels, { place, system, at, block }, 1, x)
        system.factors.solve(x, block.width)
        for (let r = 0; r < block.count; r++)
          order.forEach((cell, k) => (out[(block.first + r) * order.length + cell] = x[k * block.width + r]!))
      }
    },
    backward(v, _, channels, first, end) {
      for (const block of blocksOf(first, end)) {
        const x = new Float64Array(order.length * block.width)
        for (let r = 0; r < block.count; r++) {
          const start = v.count === null ? 0 : (block.first + r) * order.length
          order.forEach((cell, k) => (x[k * block.width + r] = v.data[start + cell]!))
        }
        system.factors.transposed().solve(x, block.width)
        collectForcing(channels, { place, system, at, block }, 1, x)
      }
    },
  }
  const inputShapes = {
    source: grid.shape,
    ...Object.fromEntries(fed(boundary.sides).map(side => [side, sideShape(grid, side)])),
  }
  return { ...solver(where, { grid, inputShapes, outputShape: grid.shape, kernel, levels: 1 }), report: { peclet: peclet(velocity) } } // prettier-ignore
}

/** Throws where nothing leaves the grid, so that L has a null vector: its columns then all sum to zero. */
function assertDrained({ diagonal, rates }: Volumes): void {
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)
  const total = sum(diagonal)
  const inside = rates.reduce((all, { out, back }) => all + sum(out) + sum(back), 0)
  if (total - inside <= 1e-12 * total)
    throw new RangeError(`${where}: every side is closed, so c is determined up to a constant at best; make a side a 'value' or an 'outflow' with flow through it`) // prettier-ignore
}
