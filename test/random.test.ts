import { describe, expect, it } from 'vitest'
import {
  type Key,
  derive,
  integers,
  key,
  normal,
  normalQuantile,
  permutation,
  threefry,
  uniform,
} from '../src/random.js'

// Statistics are compared at 5 standard errors: with fixed seeds a test passes or fails for good, and of the hundred or so
// comparisons below a right generator would have failed one with probability below 1e-4.
const sigmas = 5

const seeded = key(20260101, 'test')
const count = 1 << 18

function mean(values: ArrayLike<number>, f: (v: number) => number = v => v): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += f(values[i]!)
  return sum / values.length
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>, n = Math.min(a.length, b.length)): number {
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0]
  for (let i = 0; i < n; i++) {
    sa += a[i]!
    sb += b[i]!
    saa += a[i]! ** 2
    sbb += b[i]! ** 2
    sab += a[i]! * b[i]!
  }
  return (n * sab - sa * sb) / Math.sqrt((n * saa - sa * sa) * (n * sbb - sb * sb))
}

/** sqrt(n) sup |F_n - F|. Kolmogorov: it exceeds x with probability about 2 exp(-2 x^2). */
function kolmogorov(values: Float32Array | Float64Array, cdf: (v: number) => number): number {
  const sorted = values.slice().sort()
  const n = sorted.length
  let worst = 0
  sorted.forEach((v, i) => (worst = Math.max(worst, Math.abs(cdf(v) - i / n), Math.abs(cdf(v) - (i + 1) / n))))
  return Math.sqrt(n) * worst
}
const kolmogorovLimit = 2.75 // probability 5e-7, that of 5 sigmas

/** (chi^2 - dof) / sqrt(2 dof), about standard normal for many cells. */
function chiSquare(counts: ArrayLike<number>, expected: number): number {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += (counts[i]! - expected) ** 2 / expected
  const dof = counts.length - 1
  return (sum - dof) / Math.sqrt(2 * dof)
}

const cdfPoints = Array.from({ length: 4097 }, (_, i) => -8 + i / 256)
const cdfValues = ((): Float64Array => {
  // The normal distribution function by Simpson's rule, error below 1e-12: independent of the quantile under test.
  const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const values = new Float64Array(cdfPoints.length)
  for (let i = 1; i < values.length; i++) {
    const [a, b] = [cdfPoints[i - 1]!, cdfPoints[i]!]
    values[i] = values[i - 1]! + ((b - a) / 6) * (density(a) + 4 * density((a + b) / 2) + density(b))
  }
  return values
})()
/** Linear between the points: error below 1e-6, against the 1e-3 that the tests resolve. */
function normalCdf(z: number): number {
  const x = Math.min(Math.max((z + 8) * 256, 0), 4095.999)
  const i = Math.floor(x)
  return cdfValues[i]! + (x - i) * (cdfValues[i + 1]! - cdfValues[i]!)
}

describe('threefry', () => {
  // The known answers for threefry4x32 with 20 rounds of the Random123 library (Salmon et al., kat_vectors).
  const ones = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8],
    ],
    [ones, ones, [0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89],
      [0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84],
    ],
  ])('has the known answer at counter %j', (counter, keyWords, answer) => {
    expect([...threefry(keyWords, counter, new Int32Array(4))].map(w => w >>> 0)).toEqual(answer)
  })

  it('carries from the low word of the counter into the next', () => {
    const run = threefry([1, 2, 3, 4], [0xffffffff, 7, 8, 9], new Int32Array(8))
    expect([...run.subarray(4)]).toEqual([...threefry([1, 2, 3, 4], [0, 8, 8, 9], new Int32Array(4))])
  })
})

describe('key', () => {
  it('is fixed for good: results of earlier versions stay reproducible', () => {
    expect(key(1, 'train', 3)).toEqual({ seed: [1, 0], stream: [2026931599, 2307989802] })
    expect(key(2n ** 64n - 1n)).toEqual({ seed: [0xffffffff, 0xffffffff], stream: [0, 0] })
    expect([...integers(key(1), 0, 1000, new Int32Array(4))]).toEqual([817, 994, 697, 235])
    expect([...normal(key(1), new Float64Array(2))]).toEqual([0.7735206344110841, 0.4109452444318246])
    expect([...normal(key(1), new Float32Array(2))]).toEqual([0.40777766704559326, -0.9803318381309509])
  })

  it('derives step by step what it derives at once', () => {
    expect(derive(key(5, 'a', 1), 'b', -2)).toEqual(key(5, 'a', 1, 'b', -2))
    expect(key(5)).toEqual(key(5n))
  })

  it('tells apart every path and seed', () => {
    const paths: (number | string)[][] = [
      [], [0], [1], [-1], [0, 0], ['0'], ['1'], [''], ['', ''], ['ab', 'c'], ['a', 'bc'], ['abc'], ['abcd'], ['abcde'],
      ['abcd', 'e'], ['abcd\0'], ['c', 'ab'], [2 ** 32], [2 ** 53 - 1], [1, 2], [2, 1], ['é'], ['e'], ['\u0165'], ['e', 1],
    ] // prettier-ignore
    const seeds = [0, 1, 2 ** 32, 2n ** 63n]
    const keys = seeds.flatMap(seed => paths.map(path => JSON.stringify(key(seed, ...path))))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('does not fold the seed modulo 2^32', () => {
    const draw = (seed: number | bigint): number => integers(key(seed), 0, 2 ** 31, new Int32Array(1))[0]!
    expect(new Set([draw(7), draw(7 + 2 ** 32), draw(7n + (1n << 63n))]).size).toBe(3)
  })

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53, -1n, 2n ** 64n])('refuses the seed %s', seed => {
    expect(() => key(seed)).toThrow(`the seed is ${seed}`)
  })

  it('refuses a path that is not of safe integers and strings', () => {
    expect(() => key(1, 'a', 0.5)).toThrow('the path has 0.5')
    expect(() => derive(key(1), NaN)).toThrow(RangeError)
  })
})

describe('index addressing', () => {
  const n = 5000
  const fills = {
    'uniform float32': [(s: number, m: number) => uniform(seeded, new Float32Array(m), s)],
    'uniform float64': [(s: number, m: number) => uniform(seeded, new Float64Array(m), s)],
    'normal float32': [(s: number, m: number) => normal(seeded, new Float32Array(m), s)],
    'normal float64': [(s: number, m: number) => normal(seeded, new Float64Array(m), s)],
    integers: [(s: number, m: number) => integers(seeded, -3, 1000, new Int32Array(m), s)],
  } as const

  it.each(Object.entries(fills))('%s: pieces are the whole', (_, [fill]) => {
    const whole = fill(0, n)
    for (const cuts of [[1], [2], [3], [4], [1023, 1024, 1025], [511, 512, 513, 1030], [7, 8, 2051, 4999], [0, n]]) {
      const edges = [0, ...cuts, n]
      const pieces = edges.slice(1).flatMap((end, k) => [...fill(edges[k]!, end - edges[k]!)])
      expect(pieces).toEqual([...whole])
    }
  })

  it.each(Object.entries(fills))('%s: far indices, past 2^32 blocks', (_, [fill]) => {
    const start = 2 ** 34 - 3
    const run = fill(start, 8)
    for (let i = 0; i < 8; i++) expect(fill(start + i, 1)[0]).toBe(run[i])
    expect([...run]).not.toEqual([...fill(0, 8)])
    expect(() => fill(2 ** 51 - 4, 8)).toThrow(RangeError)
    expect(fill(2 ** 51 - 8, 8)).toHaveLength(8)
  })

  it('fills and returns the array given, a view too, and nothing outside it', () => {
    const whole = new Float64Array(10).fill(9)
    const view = whole.subarray(3, 6)
    expect(uniform(seeded, view)).toBe(view)
    expect([...whole].map(v => v === 9)).toEqual([true, true, true, false, false, false, true, true, true, true])
    expect(normal(seeded, new Float32Array(0))).toHaveLength(0)
  })

  it.each([-1, 0.5, NaN, 2 ** 53])('refuses the start %s', start => {
    expect(() => uniform(seeded, new Float32Array(1), start)).toThrow(`start is ${start}`)
  })
})

describe.each([
  ['float32', (k: Key) => uniform(k, new Float32Array(count)), 2 ** -25, 1 - 2 ** -24],
  ['float64', (k: Key) => uniform(k, new Float64Array(count)), 2 ** -54, 1 - 2 ** -53],
] as const)('uniform %s', (_, draw, least, most) => {
  const u = draw(seeded)

  it('lies in the open interval', () => {
    expect(u.every(v => v >= least && v <= most)).toBe(true)
  })

  it('has the moments of the uniform distribution', () => {
    for (const p of [1, 2, 3, 4]) {
      const error = Math.sqrt((1 / (2 * p + 1) - 1 / (p + 1) ** 2) / count)
      expect(Math.abs(mean(u, v => v ** p) - 1 / (p + 1))).toBeLessThan(sigmas * error)
    }
  })

  it('has the uniform distribution function', () => {
    expect(kolmogorov(u, v => v)).toBeLessThan(kolmogorovLimit)
  })

  it('is not correlated with its neighbours', () => {
    for (const lag of [1, 2, 3, 4, 8, 1024])
      expect(Math.abs(correlation(u.subarray(lag), u))).toBeLessThan(sigmas / Math.sqrt(count - lag))
  })

  it('is not correlated across streams, seeds and uses', () => {
    const others = [draw(key(20260101, 'test', 1)), draw(key(20260102, 'test')), draw(key(20260101)), normal(seeded, new Float64Array(count))] // prettier-ignore
    for (const other of others) expect(Math.abs(correlation(u, other))).toBeLessThan(sigmas / Math.sqrt(count))
  })

  it('is equidistributed in pairs of neighbours', () => {
    const cells = new Float64Array(32 * 32)
    for (let i = 0; i < count; i += 2) cells[Math.floor(u[i]! * 32) * 32 + Math.floor(u[i + 1]! * 32)]!++
    expect(Math.abs(chiSquare(cells, count / 2 / cells.length))).toBeLessThan(sigmas)
  })
})

it('a float64 uniform uses 53 bits, each set half the time', () => {
  const u = uniform(seeded, new Float64Array(1 << 16))
  const set = new Float64Array(53)
  for (const v of u) {
    const bits = BigInt(v * 2 ** 53)
    for (let b = 0; b < 53; b++) set[b]! += Number((bits >> BigInt(b)) & 1n)
  }
  const error = Math.sqrt(u.length / 4)
  for (const s of set) expect(Math.abs(s - u.length / 2)).toBeLessThan(sigmas * error)
})

describe.each([
  ['float32', (k: Key) => normal(k, new Float32Array(count)), 6.4],
  ['float64', (k: Key) => normal(k, new Float64Array(count)), 8.4],
] as const)('normal %s', (_, draw, bound) => {
  const z = draw(seeded)

  it('has the moments of the normal distribution', () => {
    // E z^p = (p - 1)!! for even p, and the variance of z^p is E z^2p - (E z^p)^2.
    const moment = (p: number): number => (p % 2 === 1 ? 0 : p === 0 ? 1 : (p - 1) * moment(p - 2))
    for (const p of [1, 2, 3, 4, 5, 6]) {
      const error = Math.sqrt((moment(2 * p) - moment(p) ** 2) / count)
      expect(Math.abs(mean(z, v => v ** p) - moment(p))).toBeLessThan(sigmas * error)
    }
  })

  it('has the normal distribution function', () => {
    expect(kolmogorov(z, normalCdf)).toBeLessThan(kolmogorovLimit)
  })

  it('has finite values and the right share in the tails', () => {
    expect(z.every(v => Math.abs(v) < bound)).toBe(true)
    for (const limit of [2, 3, 4]) {
      const p = 2 * normalCdf(-limit)
      expect(Math.abs(mean(z, v => +(Math.abs(v) > limit)) - p)).toBeLessThan(sigmas * Math.sqrt(p / count))
    }
  })

  it('is not correlated with its neighbours, nor are the squares', () => {
    const squares = Float64Array.from(z, v => v * v)
    for (const lag of [1, 2, 3, 4, 5]) {
      expect(Math.abs(correlation(z.subarray(lag), z))).toBeLessThan(sigmas / Math.sqrt(count - lag))
      expect(Math.abs(correlation(squares.subarray(lag), squares))).toBeLessThan(sigmas / Math.sqrt(count - lag))
    }
  })
})

describe('normal float32 from words', () => {
  it('is the quantile of its word, to half a unit of float32 and 2e-8 for the table', () => {
    const z = normal(seeded, new Float32Array(1 << 18))
    // The counter of float32 normals has purpose 2; the top bit is the sign and the others give p.
    const words = threefry([...seeded.seed, ...seeded.stream], [0, 0, 2, 0], new Int32Array(z.length))
    let worst = 0
    z.forEach((v, i) => {
      const exact = -normalQuantile(((words[i]! & 0x7fffffff) + 0.5) * 2 ** -32) * (words[i]! < 0 ? -1 : 1)
      worst = Math.max(worst, Math.abs(v - exact) - Math.abs(exact) * 2 ** -24)
    })
    expect(worst).toBeLessThan(2e-8)
  })
})

describe('normalQuantile', () => {
  // Reference values computed with mpmath to 20 digits; PPND16 promises 1e-16 before rounding.
  it.each([
    [0.025, -1.9599639845400542355],
    [0.3, -0.52440051270804078404],
    [1e-3, -3.0902323061678135415],
    [1e-10, -6.3613409024040562047],
    [1e-16, -8.2220822161304356127],
  ])('z(%s)', (p, z) => {
    expect(Math.abs(normalQuantile(p) / z - 1)).toBeLessThan(2e-15)
  })

  it('inverts the distribution function, also where the cases of the algorithm meet', () => {
    for (let i = 1; i < 400; i++) expect(Math.abs(normalCdf(normalQuantile(i / 400)) - i / 400)).toBeLessThan(2e-6)
    for (const p of [0.075, Math.exp(-25), 2 ** -31, 2 ** -32, 2 ** -33]) {
      const [below, at, above] = [p * (1 - 1e-9), p, p * (1 + 1e-9)].map(normalQuantile) as [number, number, number]
      expect(below).toBeLessThan(at)
      expect(at).toBeLessThan(above)
      expect((above - at) / (at - below)).toBeCloseTo(1, 4) // smooth: the slope is the same on both sides
    }
  })

  it('is odd about 1/2, and NaN outside (0, 1)', () => {
    expect(normalQuantile(0.5)).toBe(0)
    expect(normalQuantile(0.75)).toBe(-normalQuantile(0.25))
    for (const p of [0, 1, -1, 2, NaN]) expect(normalQuantile(p)).toBeNaN()
  })
})

describe('integers', () => {
  it('covers the range evenly and leaves out its end', () => {
    const n = 1 << 20
    for (const [low, high] of [
      [0, 1000],
      [-7, 6],
      [-500, 1],
    ] as const) {
      // prettier-ignore
      const drawn = integers(seeded, low, high, new Int32Array(n))
      const cells = new Float64Array(high - low)
      for (const v of drawn) cells[v - low]!++
      expect(cells.reduce((a, b) => a + b)).toBe(n)
      expect(Math.abs(chiSquare(cells, n / cells.length))).toBeLessThan(sigmas)
    }
  })

  it('takes the whole of int32, exactly the high bits', () => {
    const n = 1 << 18
    const drawn = integers(seeded, -(2 ** 31), 2 ** 31, new Int32Array(n))
    // For m = 2^32 the value is the high word of the pair; integers have purpose 4.
    const words = threefry([...seeded.seed, ...seeded.stream], [0, 0, 4, 0], new Int32Array(2 * n))
    expect(drawn.every((v, i) => v === (words[2 * i + 1]! >>> 0) - 2 ** 31)).toBe(true)
  })

  it('is floor(u m / 2^64) exactly', () => {
    const words = threefry([...seeded.seed, ...seeded.stream], [0, 0, 4, 0], new Int32Array(2000))
    for (const m of [1, 2, 3, 65537, 10 ** 9, 2 ** 32 - 1]) {
      const drawn = integers(seeded, -(2 ** 31), m - 2 ** 31, new Int32Array(1000))
      drawn.forEach((v, i) => {
        const u = (BigInt(words[2 * i + 1]! >>> 0) << 32n) | BigInt(words[2 * i]! >>> 0)
        expect(v).toBe(Number((u * BigInt(m)) >> 64n) - 2 ** 31)
      })
    }
  })

  it.each([
    [0, 0],
    [3, 2],
    [0.5, 2],
    [0, NaN],
    [-(2 ** 31) - 1, 0],
    [0, 2 ** 31 + 1],
  ])('refuses [%s, %s)', (low, high) => {
    // prettier-ignore
    expect(() => integers(seeded, low, high, new Int32Array(1))).toThrow(`[${low}, ${high})`)
  })
})

describe('permutation', () => {
  it('holds every index once', () => {
    for (const n of [0, 1, 2, 100, 5001]) {
      const order = permutation(seeded, n)
      expect([...order.slice().sort()]).toEqual(Array.from({ length: n }, (_, i) => i))
    }
  })

  it('is uniform over all 120 orders of five', () => {
    const n = 40_000
    const counts = new Map<string, number>()
    for (let i = 0; i < n; i++) {
      const order = permutation(derive(seeded, 'permutation', i), 5).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(120)
    expect(Math.abs(chiSquare([...counts.values()], n / 120))).toBeLessThan(sigmas)
  })

  it('is the same each time, and another for another key', () => {
    expect(permutation(seeded, 50)).toEqual(permutation(seeded, 50))
    expect(permutation(derive(seeded, 1), 50)).not.toEqual(permutation(seeded, 50))
  })

  it.each([-1, 1.5, NaN, 2 ** 32])('refuses n = %s', n => {
    expect(() => permutation(seeded, n)).toThrow(RangeError)
  })
})
