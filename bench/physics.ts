/** Advection and diffusion in the tank of the problems: simulations a second, how the cost grows, and SciPy beside it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, type NdArray } from '../src/io/array.js'
import { readNpy, writeNpy } from '../src/io/npy.js'
import { writeNpz } from '../src/io/npz.js'
import { lanes } from '../src/linalg/sparse-lu.js'
import { advectionDiffusion } from '../src/physics/advection-diffusion.js'
import { discretise, type Transport } from '../src/physics/discretise.js'
import { assemble, facesOf, shifted, structureOf } from '../src/physics/finite-volumes.js'
import { doubleGyre } from '../src/physics/flows.js'
import { cellGrid } from '../src/physics/grid.js'
import { schemes } from '../src/physics/schemes.js'
import { boundaryOf } from '../src/physics/sides.js'
import { flowAt } from '../src/physics/velocity.js'
import { key, normal } from '../src/random.js'
import { converse, type Conversation } from './peer.js'

export interface PhysicsRow {
  readonly cells: number
  readonly steps: number
  /** CPU milliseconds for one simulation of the batch, median of the rounds. */
  readonly ours: number
  readonly peer: number | null
  /** ours / peer of each round, sorted. */
  readonly ratio: readonly number[]
  /** CPU milliseconds to order, analyse and factor; the peer's only factors, in the fastest of its orderings. */
  readonly prepare: number
  readonly peerFactor: number | null
  readonly ordering: string | null
  /** Largest difference of the two results, relative to the largest value. */
  readonly difference: number | null
  /** Bytes of factors and states that are streamed, a second, over those of a copy out of cache. */
  readonly shareOfBandwidth: number
}

export interface PhysicsBench {
  readonly peer: string
  readonly rows: readonly PhysicsRow[]
  /** Seconds for one step of one simulation ~ cells^p, and for one simulation at a fixed Courant number. */
  readonly exponents: { readonly step: number; readonly simulation: number }
  readonly copyGigabytes: number
}

/** Simulations side by side, and sizes. */
const BATCH = 32
const SIZES = [32, 64, 128]
const { d, stages } = schemes.sdirk2

const sorted = (xs: readonly number[]): number[] => [...xs].sort((a, b) => a - b)
const median = (xs: readonly number[]): number => sorted(xs)[xs.length >> 1]!

/** Milliseconds of the processor that this takes: a busy machine disturbs them less than those of the clock. */
function cpu(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Bytes a second of a copy that no cache holds, read and written. */
function copyBandwidth(): number {
  const [from, to] = [new Float64Array(2 ** 24).fill(1), new Float64Array(2 ** 24)]
  const times = Array.from({ length: 6 }, () => cpu(() => { to.set(from) })) // prettier-ignore
  return (2 * from.byteLength * 1000) / Math.min(...times.slice(1))
}

function setUp(n: number) {
  const grid = cellGrid([n, n])
  const transport: Transport = { grid, velocity: doubleGyre(grid, 0.3), kappa: 0.015, sides: 'zero-flux' }
  const steps = n / 2 // Courant number below 2
  return { grid, transport, steps, dt: 1 / steps }
}

/** I + d dt L by rows, its cells in C order. */
async function writeMatrix(file: string, { grid, transport, dt }: ReturnType<typeof setUp>): Promise<void> {
  const faces = facesOf(grid, boundaryOf('bench', 2, transport.sides), Int32Array.from({ length: grid.size }, (_, k) => k)) // prettier-ignore
  const kappa = new Float64Array(grid.size).fill(transport.kappa as number)
  const volumes = assemble('bench', faces, flowAt(transport.velocity!, 0), kappa)
  const { diagonal, pointers, columns, values } = shifted(structureOf(faces), volumes, 1, d * dt)
  // The diagonal leads each row.
  const size = columns.length + diagonal.length
  const [all, at] = [new Float64Array(size), new Int32Array(size)]
  const starts = pointers.map((p, i) => p + i)
  diagonal.forEach((value, i) => {
    all[starts[i]!] = value
    at[starts[i]!] = i
    all.set(values.subarray(pointers[i], pointers[i + 1]), starts[i]! + 1)
    at.set(columns.subarray(pointers[i], pointers[i + 1]), starts[i]! + 1)
  })
  await writeNpz(file, { values: array(all), columns: array(at), pointers: array(starts) })
}

/**
 * Bytes that the simulations of a block stream: for each stage both factors with their columns, read once for `lanes`
 * right-hand sides, and the state, cleared, summed from the stages before it, and swept twice.
 */
function bytesOf({ grid, transport, steps, dt }: ReturnType<typeof setUp>): number {
  const { volumesAt, factored } = discretise('bench', transport)
  const { bytes } = factored(volumesAt(0).volumes, 1, d * dt).factors
  const entries = bytes / 8 - 2 * grid.size
  const factors = bytes + 4 * entries + 8 * grid.size
  const passes = stages.reduce((sum, { weights }) => sum + 1 + 3 * weights.length + 4, 0)
  return steps * (stages.length * factors + passes * 8 * lanes * grid.size) * (BATCH / lanes)
}

async function measure(
  n: number,
  rounds: number,
  peer: Conversation | null,
  folder: string,
  bandwidth: number,
): Promise<PhysicsRow> {
  // prettier-ignore
  const given = setUp(n)
  const { grid, transport, steps, dt } = given
  const initial = array(normal(key(1, 'bench', n), new Float64Array(BATCH * grid.size)), [BATCH, n, n])
  const question = { matrix: join(folder, `${n}.npz`), initial: join(folder, `${n}.npy`), result: join(folder, `${n}-result.npy`), steps, repeats: 1 } // prettier-ignore
  await Promise.all([writeMatrix(question.matrix, given), writeNpy(question.initial, initial)])
  let solver: ReturnType<typeof advectionDiffusion> | undefined
  let out: NdArray<Float64Array> | undefined
  const prepare = cpu(() => {
    solver = advectionDiffusion({ ...transport, steps, dt })
    solver.run({ initial: array(new Float64Array(grid.size), [n, n]) }) // factors at the first run
  })
  const times: { ours: number; peer: number }[] = []
  let answer: Record<string, unknown> | undefined
  for (let round = 0; round <= rounds; round++) {
    const ours = cpu(() => { out = solver!.run({ initial }) }) // prettier-ignore
    answer = await peer?.ask(question)
    times.push({ ours: ours / BATCH, peer: answer ? median(answer.milliseconds as number[]) / BATCH : NaN })
  }
  times.shift() // the warm-up
  const ours = median(times.map(t => t.ours))
  return {
    ...{ cells: grid.size, steps, ours, prepare },
    peer: answer ? median(times.map(t => t.peer)) : null,
    ratio: answer ? sorted(times.map(t => t.ours / t.peer)) : [],
    peerFactor: answer ? Number(answer.factorMilliseconds) : null,
    ordering: answer ? String(answer.ordering) : null,
    difference: answer ? differenceOf(out!, await readNpy(question.result)) : null,
    shareOfBandwidth: bytesOf(given) / ((ours * BATCH) / 1000) / bandwidth,
  }
}

function differenceOf(a: NdArray<Float64Array>, b: NdArray): number {
  const other = b.data as Float64Array
  let [worst, size] = [0, 0]
  a.data.forEach((value, k) => {
    worst = Math.max(worst, Math.abs(value - other[k]!))
    size = Math.max(size, Math.abs(value))
  })
  return worst / size
}

/** The exponent p of y ~ x^p, by least squares in logarithms. */
function exponent(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)]
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const [mu, mv] = [mean(u), mean(v)]
  return u.reduce((sum, a, k) => sum + (a - mu) * (v[k]! - mv), 0) / u.reduce((sum, a) => sum + (a - mu) ** 2, 0)
}

/** Batches of simulations by 32 x 32, 64 x 64 and 128 x 128 cells to time 1, and the same by SciPy where Python has it. */
export async function physics(rounds: number, withPeer: boolean): Promise<PhysicsBench> {
  const opened = withPeer ? await converse('physics.py') : 'not asked for'
  const peer = typeof opened === 'string' ? null : opened
  const folder = mkdtempSync(join(tmpdir(), 'invdiff-bench-'))
  try {
    const bandwidth = copyBandwidth()
    const rows: PhysicsRow[] = []
    for (const n of SIZES) rows.push(await measure(n, rounds, peer, folder, bandwidth))
    const cells = rows.map(row => row.cells)
    const [simulation, step] = [rows.map(row => row.ours), rows.map(row => row.ours / row.steps)]
    return {
      ...{ peer: peer ? peer.name : `none (${opened as string})`, rows, copyGigabytes: bandwidth / 1e9 },
      exponents: { step: exponent(cells, step), simulation: exponent(cells, simulation) },
    }
  } finally {
    peer?.close()
    rmSync(folder, { recursive: true })
  }
}

export function physicsLines({ peer, rows, exponents, copyGigabytes }: PhysicsBench): string[] {
  const line = (row: PhysicsRow): string => {
    const side = Math.sqrt(row.cells)
    const beside = row.peer === null ? '' : `; ours / peer ${median(row.ratio).toFixed(2)} (${row.ratio[0]!.toFixed(2)} to ${row.ratio.at(-1)!.toFixed(2)}, ${row.ordering!}), results differ by ${row.difference!.toExponential(0)}` // prettier-ignore
    const factoring = row.peerFactor === null ? '' : ` (peer factors in ${row.peerFactor.toFixed(0)})`
    return `physics ${side} x ${side}, ${row.steps} steps: ${(1000 / row.ours).toFixed(1)} simulations a second${beside}; prepared in ${row.prepare.toFixed(0)} ms${factoring}; ${(100 * row.shareOfBandwidth).toFixed(0)} % of copy bandwidth` // prettier-ignore
  }
  return [
    `physics: CPU time of one thread, batches of ${BATCH}; peer: ${peer}; a copy moves ${copyGigabytes.toFixed(1)} GB/s`,
    ...rows.map(line),
    `physics: cost of a step ~ cells^${exponents.step.toFixed(2)}, of a simulation ~ cells^${exponents.simulation.toFixed(2)}`,
  ]
}
