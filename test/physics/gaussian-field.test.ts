import { describe, expect, it } from 'vitest'
import { array, zeros, type NdArray } from '../../src/io/array.js'
import { gaussianField, type GaussianField } from '../../src/physics/gaussian-field.js'
import { cellGrid } from '../../src/physics/grid.js'
import { modesOf } from '../../src/physics/modes.js'
import { key } from '../../src/random.js'
import { dot, field, maxDifference, noise } from './problems.js'

const plane = cellGrid([6, 5], [1, 1.2])
const fields: Record<string, GaussianField> = {
  periodic: gaussianField({ grid: plane, boundary: 'periodic', length: 0.3, std: 2, mean: 1 }),
  'between walls': gaussianField({ grid: plane, boundary: 'neumann', length: [0.3, 0.6], smoothness: 1 }),
  mixed: gaussianField({ grid: plane, boundary: ['periodic', 'neumann'], length: 0.2, mean: field(plane, x => x) }),
  segment: gaussianField({ grid: cellGrid([11], [2]), boundary: 'neumann', length: 0.5, smoothness: 0.5 }),
}

/** Lower factor of a dense covariance, the plain way. */
function cholesky(C: NdArray<Float64Array>): number[][] {
  const N = C.shape[0]!
  const L = Array.from({ length: N }, () => new Array<number>(N).fill(0))
  for (let i = 0; i < N; i++)
    for (let j = 0; j <= i; j++) {
      let sum = C.get(i, j)
      for (let k = 0; k < j; k++) sum -= L[i]![k]! * L[j]![k]!
      L[i]![j] = i === j ? Math.sqrt(sum) : sum / L[j]![j]!
    }
  return L
}

describe('modes', () => {
  it.each([1, 2, 3, 4, 7, 8])('of %i cells are orthonormal, by both kinds', n => {
    for (const kind of ['periodic', 'neumann'] as const) {
      const grid = cellGrid([n, 3], [1, 2])
      const modes = modesOf(grid, [kind, 'neumann'])
      const x = noise([n, 3], 'x').data
      const [z, back] = [new Float64Array(3 * n), new Float64Array(3 * n)]
      modes.analyse(x, z)
      modes.synthesize(z, back)
      back.forEach((value, k) => expect(value).toBeCloseTo(x[k]!, 13))
      expect(Math.hypot(...z)).toBeCloseTo(Math.hypot(...x), 12)
    }
  })
})

describe.each(Object.entries(fields))('the field %s', (_, prior) => {
  const { shape, size } = prior.grid
  const C = prior.covariance()

  it('has a symmetric covariance with the stated variance in the mean, and in each cell', () => {
    const diagonal = Float64Array.from({ length: size }, (_, k) => C.get(k, k))
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) expect(C.get(i, j)).toBeCloseTo(C.get(j, i), 13)
    diagonal.forEach((value, k) => expect(Math.sqrt(value)).toBeCloseTo(prior.std.data[k]!, 12))
    const mean = diagonal.reduce((a, b) => a + b, 0) / size
    expect(mean).toBeCloseTo(prior === fields['periodic'] ? 4 : 1, 12)
  })

  it('multiplies by it without forming it, and by its inverse', () => {
    const x = noise([2, ...shape], 'x')
    const dense = array(Float64Array.from({ length: 2 * size }, (_, k) => {
      const [r, i] = [Math.floor(k / size), k % size]
      return dot(array(C.data.slice(i * size, (i + 1) * size)), array(x.data.slice(r * size, (r + 1) * size)))
    }), x.shape) // prettier-ignore
    const product = prior.covarianceProduct(x)
    expect(maxDifference(product, dense)).toBeLessThan(1e-12)
    expect(maxDifference(prior.precisionProduct(product), x)).toBeLessThan(1e-10)
  })

  it('has the log-density of the dense Gaussian', () => {
    const L = cholesky(C)
    const x = noise(shape, 'x')
    const z: number[] = []
    for (let i = 0; i < size; i++)
      z.push((x.data[i]! - prior.mean.data[i]! - z.reduce((s, value, k) => s + L[i]![k]! * value, 0)) / L[i]![i]!)
    const logDeterminant = L.reduce((s, row, i) => s + Math.log(row[i]!), 0)
    const expected = -0.5 * z.reduce((s, v) => s + v * v, 0) - logDeterminant - (size / 2) * Math.log(2 * Math.PI)
    expect(prior.logDensity(x)[0]! / expected).toBeCloseTo(1, 10)
    const batch = prior.logDensity(array(Float64Array.from([...x.data, ...prior.mean.data]), [2, ...shape]))
    expect(batch[0]).toBe(prior.logDensity(x)[0])
    expect(batch[1]! - batch[0]!).toBeCloseTo(0.5 * z.reduce((s, v) => s + v * v, 0), 8)
  })

  it('has samples of that mean and covariance, within Monte Carlo error', () => {
    const n = 4000
    const draws = prior.sample(key(7), n).data
    const centred = draws.map((value, k) => value - prior.mean.data[k % size]!)
    let worst = 0
    for (let i = 0; i < size; i++) {
      let sum = 0
      for (let r = 0; r < n; r++) sum += centred[r * size + i]!
      worst = Math.max(worst, Math.abs(sum) / Math.sqrt(n * C.get(i, i)))
      for (let j = 0; j <= i; j++) {
        let product = 0
        for (let r = 0; r < n; r++) product += centred[r * size + i]! * centred[r * size + j]!
        const deviation = Math.sqrt((C.get(i, i) * C.get(j, j) + C.get(i, j) ** 2) / n) // of a Gaussian's sample covariance
        worst = Math.max(worst, Math.abs(product / n - C.get(i, j)) / deviation)
      }
    }
    expect(worst).toBeLessThan(4.5) // of fewer than 500 deviations: by chance once in 300
  })

  it('draws sample i the same, whatever is drawn with it', () => {
    const all = prior.sample(key(3), 9).data
    expect(prior.sample(key(3), 2, 5).data).toEqual(all.slice(5 * size, 7 * size))
  })
})

describe('the Matern covariance', () => {
  it.each([
    [0.5, (r: number) => Math.exp(-r), 0.03],
    [1.5, (r: number) => (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r), 1e-3],
    [2.5, (r: number) => (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r), 1e-4],
  ])('in its closed form for nu = %f, on a long fine segment', (smoothness, exact, tolerance) => {
    // What differs are the modes past the grid's finest, a share of about (h / l)^(2 nu) of the variance.
    const grid = cellGrid([512], [16])
    const prior = gaussianField({ grid, boundary: 'periodic', length: 1, smoothness })
    const spike = zeros('float64', [512])
    spike.set(0, 1)
    const row = prior.covarianceProduct(spike)
    for (let k = 0; k < 128; k++) expect(Math.abs(row.get(k) - exact(k / 32))).toBeLessThan(tolerance)
  })

  it('is stationary on a periodic grid, and mirrored by walls', () => {
    const grid = cellGrid([40, 40])
    const periodic = gaussianField({ grid, boundary: 'periodic', length: 0.1 })
    expect(Math.max(...periodic.std.data) - Math.min(...periodic.std.data)).toBeLessThan(1e-12)
    const { std } = gaussianField({ grid, boundary: 'neumann', length: 0.1 })
    // The field between walls is that of the open plane plus its images: 1/2 a cell from a wall, one image a cell away.
    const rho = (r: number): number => (1 + (Math.sqrt(3) * r) / 0.1) * Math.exp((-Math.sqrt(3) * r) / 0.1)
    const within = std.get(20, 20) ** 2
    const missing = (1 / 40 / 0.1) ** 3 // share of the variance in modes past the finest, (h / l)^(2 nu)
    const off = (value: number, expected: number): number => Math.abs(value / expected - 1)
    expect(off(std.get(0, 20) ** 2 / within, 1 + rho(1 / 40))).toBeLessThan(missing)
    expect(off(std.get(0, 0) ** 2 / within, 1 + 2 * rho(1 / 40) + rho(Math.SQRT2 / 40))).toBeLessThan(missing)
  })
})

describe('errors', () => {
  const good = { grid: plane, boundary: 'periodic', length: 0.3 } as const
  it.each([
    [{ length: 0 }, 'Gaussian field: length = 0; wants a positive number, or one for each axis'],
    [{ length: [1] }, 'length = 1'],
    [{ smoothness: -1 }, 'smoothness = -1; wants a positive number'],
    [{ std: NaN }, 'std = NaN'],
    [{ mean: Infinity }, 'mean = Infinity; wants a finite number or a field'],
    [{ mean: zeros('float64', [5, 6]) }, 'mean: shape [5, 6]; wants [6, 5]'],
    [{ boundary: 'dirichlet' }, "unknown boundary 'dirichlet'; known: periodic, neumann"],
    [{ boundary: ['periodic'] }, '1 boundaries for 2 axes'],
    [{ smoothness: 1e4, length: 50 }, 'smoothness 10000 with length 50 x 50 leaves the finest modes no variance'],
  ])('%j', (changes, message) => expect(() => gaussianField({ ...good, ...changes } as never)).toThrow(message))

  it('of arguments', () => {
    expect(() => fields['periodic']!.logDensity(zeros('float64', [5]))).toThrow('logDensity: shape [5]; wants [6, 5]')
    const large = gaussianField({ grid: cellGrid([128, 64]), boundary: 'neumann', length: 0.1 })
    expect(() => large.covariance()).toThrow('a covariance of 8192 cells takes 512 MiB; use covarianceProduct')
  })
})
