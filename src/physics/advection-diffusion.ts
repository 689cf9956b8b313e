/**
 * Advection and diffusion in time (theory: finite-volumes.ts and schemes.ts):
 *
 *   d_t c + div(u c) = div(kappa grad c) + f   for 0 <= t <= steps dt,   div u = 0.
 *
 * Linear in the initial state, the source and the data of the sides, and every step is a solve, so that the adjoint is the
 * exact transpose of what is run. A steady flow is factored once; a flow in time once for each stage, and its factors are
 * kept while they fit into `cacheBytes`.
 */
import { discretise, type System, type Transport } from './discretise.js'
import { blocksOf } from './lanes.js'
import { backward, forward, type March } from './march.js'
import { schemes, type Scheme, type SchemeName } from './schemes.js'
import { fed, sideShape, solver, type InputName, type Solver } from './solution.js'
import type { Velocity } from './velocity.js'

export interface AdvectionDiffusionOptions extends Transport {
  readonly steps: number
  readonly dt: number
  /** `sdirk2` (order 2) unless given. */
  readonly scheme?: SchemeName
  /** The steps after which the state is kept, increasing, 0 being the initial state; the last one, without an axis for it, unless given. */
  readonly saveAt?: readonly number[]
  /** Whether source and side data hold for all times, or are given at each of the steps + 1 levels (linear between them). */
  readonly forcing?: 'steady' | 'transient'
  /** The largest Courant number; 2 unless given, where errors of the step reach those of the grid. */
  readonly maxCourant?: number
  /** Memory for the factors of a flow in time, bytes; past it they are made again in every run. 256 MiB unless given. */
  readonly cacheBytes?: number
}

/** How well the grid and the step resolve the flow, over all times. */
export interface TransportReport {
  /** max |u| h / kappa. */
  readonly peclet: number
  /** max (|u|/hx + |v|/hy) dt. */
  readonly courant: number
  /** max L_ii dt. */
  readonly stiffness: number
  /** Whether the maximum principle holds exactly: no new extremes without a source. */
  readonly monotone: boolean
}

export interface AdvectionDiffusion extends Solver {
  readonly report: TransportReport
  /** Time of each level 0, ..., steps. */
  readonly times: Float64Array
}

const where = 'advection-diffusion'

/**
 * The solver of a transient problem. Inputs: `initial` [...grid.shape]; `source` f [...grid.shape], amount for each volume
 * and time; and for each side of kind `value` or `flux` its data [cells of the side] by the side's name. With
 * `forcing: 'transient'` source and sides have an axis of steps + 1 levels in front.
 * Output [...grid.shape], or [saves, ...grid.shape] with `saveAt`.
 *
 * @throws RangeError for dt <= 0, negative kappa, unknown sides, a cell Peclet number or a Courant number above its limit
 * (with what to change), a flow that crosses a wall, or a step of `saveAt` that is none.
 */
export function advectionDiffusion(options: AdvectionDiffusionOptions): AdvectionDiffusion {
  const { grid, steps, dt, saveAt, forcing = 'steady', scheme: name = 'sdirk2', cacheBytes = 2 ** 28 } = options
  const scheme = checkedScheme(name)
  checkTimes(options)
  const discretisation = discretise(where, options)
  const report = survey(discretisation, options, scheme)

  const kept = new Map<number, System>()
  let bytes = 0
  function systemAt(step: number, stage: number): System {
    const index = discretisation.steady ? 0 : step * scheme.stages.length + stage
    const known = kept.get(index)
    if (known) return known
    const { volumes } = discretisation.volumesAt((step + scheme.stages[stage]!.theta) * dt)
    const system = discretisation.factored(volumes, 1, scheme.d * dt)
    bytes += 2 * system.factors.bytes // with their transposes
    if (discretisation.steady || bytes <= cacheBytes) kept.set(index, system)
    return system
  }

  const march: March = {
    ...{ scheme, steps, dt, saveAt: saveAt ?? [steps], systemAt },
    ...{ order: discretisation.order, place: discretisation.place },
    constant: discretisation.steady && forcing === 'steady',
  }
  const frames = forcing === 'steady' ? [] : [steps + 1]
  const inputShapes: Partial<Record<InputName, readonly number[]>> = {
    initial: grid.shape,
    source: [...frames, ...grid.shape],
    ...Object.fromEntries(
      fed(discretisation.boundary.sides).map(side => [side, [...frames, ...sideShape(grid, side)]]),
    ),
  }
  const parts = {
    ...{ grid, inputShapes, levels: frames[0] ?? 1 },
    outputShape: saveAt ? [saveAt.length, ...grid.shape] : grid.shape,
    kernel: {
      forward: (initial, channels, a, b, out) => forward(march, initial, channels, blocksOf(a, b), out),
      backward: (v, initial, channels, a, b) => backward(march, v, initial, channels, blocksOf(a, b)),
    } satisfies Parameters<typeof solver>[1]['kernel'],
  }
  return { ...solver(where, parts), report, times: Float64Array.from({ length: steps + 1 }, (_, k) => k * dt) }
}

/** The heat equation: no flow. Options, inputs and errors are those of `advectionDiffusion`. */
export const heat = (options: Omit<AdvectionDiffusionOptions, 'velocity' | 'maxCourant' | 'maxPeclet'>): AdvectionDiffusion =>
  advectionDiffusion(options) // prettier-ignore

function checkedScheme(name: SchemeName): Scheme {
  if (!Object.hasOwn(schemes, name))
    throw new RangeError(`${where}: unknown scheme '${name}'; known: ${Object.keys(schemes).join(', ')}`)
  return schemes[name]
}

function checkTimes({ steps, dt, saveAt, forcing = 'steady' }: AdvectionDiffusionOptions): void {
  if (!(Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(`${where}: steps = ${steps}; wants an integer from 1`)
  if (!(dt > 0 && dt < Infinity)) throw new RangeError(`${where}: dt = ${dt}; wants a positive time`)
  if (!['steady', 'transient'].includes(forcing))
    throw new RangeError(`${where}: forcing is '${forcing}'; wants 'steady' or 'transient'`)
  const fits = saveAt?.every((step, k) => Number.isInteger(step) && step >= 0 && step <= steps && (k === 0 || step > saveAt[k - 1]!)) // prettier-ignore
  if (saveAt && !(fits && saveAt.length > 0))
    throw new RangeError(`${where}: saveAt [${saveAt.join(', ')}]; wants increasing steps from 0 to ${steps}`)
}

/** Peclet, Courant and monotonicity at every time at which the flow is taken. */
function survey(
  { steady, volumesAt, peclet }: ReturnType<typeof discretise>,
  { steps, dt, maxCourant = 2, maxPeclet = 2 }: AdvectionDiffusionOptions,
  scheme: Scheme,
): TransportReport {
  let [worst, courant, rate] = [0, 0, 0]
  for (let step = 0; step < (steady ? 1 : steps); step++)
    for (const { theta } of scheme.stages) {
      const { volumes, velocity } = volumesAt((step + theta) * dt)
      worst = Math.max(worst, peclet(velocity))
      courant = Math.max(courant, crossing(velocity) * dt)
      rate = volumes.diagonal.reduce((a, b) => Math.max(a, b), rate)
    }
  if (courant > maxCourant * (1 + 1e-12)) {
    const factor = courant / maxCourant
    throw new RangeError(
      `${where}: the Courant number (|u|/hx + |v|/hy) dt is ${courant.toPrecision(3)}, above ${maxCourant}: the step would blur the transport. ` +
        `Take dt <= ${(dt / factor).toPrecision(3)}, that is ${Math.ceil(steps * factor)} steps instead of ${steps}`,
    )
  }
  const stiffness = rate * dt
  const monotone = worst <= Math.min(2, maxPeclet) * (1 + 1e-12) && stiffness <= scheme.monotone
  return { peclet: worst, courant, stiffness, monotone }
}

/** max over cells of |u|/hx + |v|/hy, with the faster face of each pair. */
function crossing({ grid, normal }: Velocity): number {
  const ny = grid.shape[1] ?? 1
  const [u, v] = normal.map(({ data }) => data)
  let max = 0
  for (let k = 0; k < grid.size; k++) {
    const below = k + Math.floor(k / ny)
    const x = Math.max(Math.abs(u![k]!), Math.abs(u![k + ny]!)) / grid.spacing[0]!
    const y = v ? Math.max(Math.abs(v[below]!), Math.abs(v[below + 1]!)) / grid.spacing[1]! : 0
    max = Math.max(max, x + y)
  }
  return max
}
