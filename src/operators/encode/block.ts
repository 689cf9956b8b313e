/**
 * LMMSE of many measurements with operators of their own, one prior: the training path. All whitened rows lie in one matrix
 * A [M, N], and
 *
 *   P = A C (one product for all),   S_j = A_j P_j^T + I = L_j L_j^T,   W_j = L_j^-1 P_j,
 *   x_lin = xbar + W_j^T L_j^-1 r_j,   sd_lin^2 = diag C - sum_i W_ji^2.
 *
 * The products run in the engine, on a few fixed shapes; the m x m factors in typed arrays. Examples are padded with rows of
 * zeros to the next size: of S they leave the identity, of the estimate nothing.
 */
import * as tf from '@tensorflow/tfjs'
import { compile, type BoundaryArray, type CompileOptions, type Executable } from '../../compile/index.js'
import { array, type NdArray } from '../../io/array.js'
import { choleskyInPlace, invertLower, solveLower } from '../../linalg/cholesky.js'
import type { PriorMoments } from '../../linalg/gaussian.js'
import type { Whitened } from './observation.js'

export type Real = Float32Array | Float64Array
export type RealArray = NdArray<Float32Array> | NdArray<Float64Array>

/** `worker` keeps this thread free; `float64` is for checking. Observations too exact for float32 go in double anyway. */
export type BlockOptions = Pick<CompileOptions, 'precision' | 'threads' | 'worker'>

/** What the measurement adds to the mean, and takes from the variance, of each cell [N]. */
export interface Update {
  readonly index: number
  /** diag(A^T R^-1 A) [N]. */
  readonly information: Float64Array
  readonly shift: Real
  readonly reduction: Real
}

export interface BlockConditioner {
  /** One update for each observation; `sizes` are their numbers of entries, and each is asked for once, when it is needed. */
  condition(sizes: readonly number[], observation: Observe, take: (update: Update) => void): Promise<void>
  dispose(): Promise<void>
}

/** Rows in one product with C, and numbers in the rows that are held at once: 16 MiB of them in float32. */
const PIECE = 256
const HELD = 2 ** 22
/** Past this many cells C is not formed: the prior's own product is used. */
const DENSE = 4096

/**
 * The largest signal-to-noise variance S_ii times sqrt(m) that float32 bears: its rounding, about 6e-8 of that, then moves
 * S >= I, and with it the estimate, by less than a hundredth of a standard deviation.
 */
const SINGLE = 1e5

/** Sizes to which m is padded: those of the form 2^k and 3 2^k from 8. */
function paddedSize(m: number): number {
  for (let size = 8; ; size *= 2) {
    if (m <= size) return size
    if (m <= size + size / 2) return size + size / 2
  }
}

export function blockConditioner(prior: PriorMoments, options: BlockOptions): BlockConditioner {
  const { shape, size: N } = prior.mean
  const zeros = (length: number): Real => (options.precision === 'float64' ? new Float64Array(length) : new Float32Array(length)) // prettier-ignore
  const programs = new Map<string, Promise<Executable>>()
  const program = (id: string, make: () => Promise<Executable>): Promise<Executable> => {
    const known = programs.get(id) ?? make()
    programs.set(id, known)
    return known
  }

  let opened: BlockConditioner | undefined
  const double = (): BlockConditioner => (opened ??= blockConditioner(prior, { ...options, precision: 'float64' }))

  /** P = A C, rows by pieces. */
  async function times(A: Real): Promise<Real> {
    if (N > DENSE) return prior.covarianceProduct(real(A, [A.length / N, ...shape])).data
    const product = await program('product', () =>
      compile(({ A, C }) => ({ P: tf.matMul(A as tf.Tensor2D, C as tf.Tensor2D) }), { A: [PIECE, N] }, { ...options, constants: { C: prior.covariance() } })) // prettier-ignore
    const P = zeros(A.length)
    for (let at = 0; at < A.length; at += PIECE * N) {
      const piece = await product.run({ A: real(A.subarray(at, at + PIECE * N), [PIECE, N]) })
      P.set(piece.P!.data, at)
    }
    return P
  }

  /** Observations whose rows are held at once. */
  async function group(
    members: readonly Member[],
    observation: Observe,
    take: (update: Update) => void,
    tooExact: (index: number) => void,
  ): Promise<void> {
    const total = members.reduce((sum, { m }) => sum + m, 0)
    const A = zeros(Math.ceil(total / PIECE) * PIECE * N)
    let row = 0
    const lying = members.map(({ index, m }) => {
      const first = row
      row += m
      return { ...observation(index, A.subarray(first * N, row * N)), index, first }
    })
    const P = await times(A)
    for (let start = 0; start < lying.length;) {
      const size = paddedSize(lying[start]!.m)
      const count = Math.max(1, Math.floor(PIECE / size))
      const chunk = lying.slice(start, start + count).filter(({ m }) => paddedSize(m) === size)
      await conditionChunk(chunk, A, P, [count, size, N], take, tooExact)
      start += chunk.length
    }
  }

  async function conditionChunk(
    chunk: readonly Lying[],
    allA: Real,
    allP: Real,
    [count, m, N]: [number, number, number],
    take: (update: Update) => void,
    tooExact: (index: number) => void,
  ): Promise<void> {
    const gram = await program(`gram ${m}`, () => compile(gramOf, { A: [count, m, N], P: [count, m, N] }, options))
    const apply = await program(`apply ${m}`, () => compile(applyInverse, { P: [count, m, N], K: [count, m, m], z: [count, 1, m] }, options)) // prettier-ignore
    const padded = (all: Real): RealArray => {
      const out = zeros(count * m * N)
      chunk.forEach(({ first, m: rows }, j) => { out.set(all.subarray(first * N, (first + rows) * N), j * m * N) }) // prettier-ignore
      return real(out, [count, m, N])
    }
    const P = padded(allP)
    const S = (await gram.run({ A: padded(allA), P })).S!.data as Real
    const [K, z] = [zeros(count * m * m), zeros(count * m)]
    const [L, inverse, u] = [new Float64Array(m * m), new Float64Array(m * m), new Float64Array(m)]
    const bearable = (j: number): boolean => {
      if (options.precision === 'float64') return true
      let largest = 0
      for (let i = 0; i < m; i++) largest = Math.max(largest, S[j * m * m + i * (m + 1)]!)
      return largest * Math.sqrt(m) < SINGLE
    }
    chunk.forEach(({ residual }, j) => {
      if (!bearable(j)) return
      L.set(S.subarray(j * m * m, (j + 1) * m * m))
      for (let i = 0; i < m; i++) L[i * (m + 1)]! += 1
      choleskyInPlace(L, m, 'encode: A C A^T + R')
      invertLower(L, m, inverse)
      u.fill(0).set(residual)
      solveLower(L, m, u)
      K.set(inverse, j * m * m)
      z.set(u, j * m)
    })
    const { shift, reduction } = await apply.run({ P, K: real(K, [count, m, m]), z: real(z, [count, 1, m]) })
    const part = (a: BoundaryArray, j: number): Real => (a.data as Real).subarray(j * N, (j + 1) * N)
    chunk.forEach(({ index, information }, j) => {
      if (bearable(j)) take({ index, information, shift: part(shift!, j), reduction: part(reduction!, j) })
      else tooExact(index)
    })
  }

  return {
    async condition(sizes, observation, take) {
      const members = sizes.map((m, index) => ({ m, index })).sort((a, b) => a.m - b.m || a.index - b.index)
      const exact: number[] = []
      for (const part of parts(members, Math.max(PIECE, Math.floor(HELD / N))))
        await group(part, observation, take, index => exact.push(index))
      if (exact.length === 0) return
      const inDouble = exact.map(index => sizes[index]!)
      await double().condition(inDouble, (j, rows) => observation(exact[j]!, rows), update => { take({ ...update, index: exact[update.index]! }) }) // prettier-ignore
    },
    async dispose() {
      for (const made of programs.values()) await (await made).dispose()
      programs.clear()
      await opened?.dispose()
      opened = undefined
    },
  }
}

/** Whitens an observation into `rows`. */
type Observe = (index: number, rows: Real) => Pick<Whitened, 'm' | 'residual' | 'information'>

interface Member {
  readonly m: number
  readonly index: number
}

/** An observation whose rows lie in A from row `first`. */
interface Lying extends Member, Pick<Whitened, 'residual' | 'information'> {
  readonly first: number
}

const gramOf = ({ A, P }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
  S: tf.matMul(P!, A!, false, true),
})

/** W = K P; its squares summed over rows, and z W. */
const applyInverse = ({ P, K, z }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
  const W = tf.matMul(K!, P!)
  return { shift: tf.matMul(z!, W), reduction: tf.sum(tf.square(W), 1) }
}

const real = (data: Real, shape: readonly number[]): RealArray => array(data as Float32Array, shape)

/** Consecutive members with about `most` rows in each part. */
function parts(members: readonly Member[], most: number): Member[][] {
  const out: Member[][] = []
  let rows = Infinity
  for (const member of members) {
    if (rows + member.m > most) [rows] = [0, out.push([])]
    out[out.length - 1]!.push(member)
    rows += member.m
  }
  return out
}
