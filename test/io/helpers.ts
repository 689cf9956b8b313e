import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { array, dtypeOf, elements, type NdArray } from '../../src/io/array.js'
import { allocate, dtypes, type DType } from '../../src/io/dtype.js'
import { FileError } from '../../src/io/error.js'

export const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)

/** A folder of this test file's own; call at its top. */
export function temporaryFolder(): (name: string) => string {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'invdiff-io-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return name => join(folder, name)
}

/** 0, 1, 2, ... (0, 1, 0, ... for bool) of a type, as fixtures/make.py makes them. */
export function ramp(dtype: DType, shape: number[]): NdArray {
  const size = shape.reduce((n, extent) => n * extent, 1)
  const data = allocate(dtype, size)
  const big = dtype === 'int64' || dtype === 'uint64'
  for (let i = 0; i < size; i++)
    (data as unknown as unknown[])[i] = big ? BigInt(i) : dtype === 'bool' ? i % 2 : i % 128
  return array(data, shape)
}

/** Arrays of every element type and several shapes: no axis, no element, one axis, several. */
export const samples = (): [name: string, a: NdArray][] =>
  dtypes.flatMap(dtype =>
    [[], [0], [0, 3], [7], [2, 3], [2, 1, 3, 2]].map((shape): [string, NdArray] => [
      `${dtype}_${shape.join('x') || 'scalar'}`,
      ramp(dtype, shape),
    ]),
  )

/** Same type, shape and elements. */
export function expectSame(found: NdArray | undefined, expected: NdArray): void {
  expect(found?.shape).toEqual(expected.shape)
  expect(dtypeOf(found!)).toBe(dtypeOf(expected))
  expect(Array.from(elements(found!) as Float64Array)).toEqual(Array.from(elements(expected) as Float64Array))
}

/** Expects a `FileError` and gives it back. */
export async function fileErrorOf(work: Promise<unknown>): Promise<FileError> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof FileError)) throw error
  return error
}

/** Cuts a file at about `count` lengths: each must be refused as a `FileError`. */
export async function sweepTruncation(
  file: string,
  copy: string,
  read: (f: string) => Promise<unknown>,
  count = 60,
): Promise<void> {
  const bytes = await readFile(file)
  const step = Math.max(1, Math.floor(bytes.length / count))
  const lengths = new Set([0, 1, 7, 8, 9, 10, 63, 64, bytes.length - 1].filter(n => n < bytes.length && n >= 0))
  for (let length = 0; length < bytes.length; length += step) lengths.add(length)
  for (const length of lengths) {
    await writeFile(copy, bytes.subarray(0, length))
    const error = await fileErrorOf(read(copy)).catch((other: unknown) => {
      throw new Error(`cut to ${length} of ${bytes.length} bytes`, { cause: other })
    })
    expect(error.message).toContain(copy)
  }
}

/** Flips bits of a file, reproducibly: it is read or refused as a `FileError`, nothing else. Returns how many were refused. */
export async function flipBits(
  file: string,
  copy: string,
  read: (f: string) => Promise<unknown>,
  runs: number,
): Promise<number> {
  const bytes = await readFile(file)
  const next = lcg(2025)
  let refused = 0
  for (let run = 0; run < runs; run++) {
    const damaged = Buffer.from(bytes)
    for (let k = 0; k <= run % 3; k++) damaged[next(bytes.length)]! ^= 1 << next(8)
    await writeFile(copy, damaged)
    await read(copy).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw new Error(`run ${run}`, { cause: error })
      refused++
    })
  }
  return refused
}

/** A linear congruential generator (Numerical Recipes): integers below `n`. */
function lcg(seed: number): (n: number) => number {
  let state = seed >>> 0
  return n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}
