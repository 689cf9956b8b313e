import { describe, expect, it } from 'vitest'
import { detectionMetrics, segmentationMetrics } from '../../../src/diagnostics/segmentation/evaluate.js'
import { rank } from '../../../src/diagnostics/segmentation/ranked.js'
import { sortScores } from '../../../src/diagnostics/segmentation/sort.js'
import { array, type NdArray } from '../../../src/io/array.js'
import { integers, key, normal, uniform } from '../../../src/random.js'

const of = (scores: number[], labels: number[]) =>
  detectionMetrics(rank(array(Float64Array.from(scores)), array(Uint8Array.from(labels))))

describe('metrics of a detector', () => {
  it('are 1 when every anomaly scores above every normal one', () => {
    const { f1Max, ...areas } = of([0.1, 0.9, 0.2, 0.8, 0.2], [0, 1, 0, 1, 0])
    expect(areas).toEqual({ auroc: 1, aupr: 1, averagePrecision: 1 })
    expect(f1Max).toEqual({ f1: 1, threshold: 0.2, precision: 1, recall: 1 })
  })

  it('are known when every anomaly scores below', () => {
    // Precision at the thresholds 4, 3, 2, 1: 0, 0, 1/3, 1/2; recall 0, 0, 1/2, 1.
    const { f1Max, ...areas } = of([1, 2, 3, 4], [1, 1, 0, 0])
    expect(areas.auroc).toBe(0)
    expect(areas.averagePrecision).toBeCloseTo(0.5 / 3 + 0.5 / 2, 15)
    expect(areas.aupr).toBeCloseTo((0.5 * (0 + 1 / 3)) / 2 + (0.5 * (1 / 3 + 1 / 2)) / 2, 15)
    expect(f1Max).toEqual({ f1: 2 / 3, threshold: -Infinity, precision: 0.5, recall: 1 })
  })

  it('take equal scores as one threshold', () => {
    const tied = of([7, 7, 7, 7, 7], [1, 0, 0, 1, 0])
    expect(tied.auroc).toBe(0.5)
    expect(tied.averagePrecision).toBe(2 / 5)
    expect(tied.aupr).toBe((1 + 2 / 5) / 2) // from recall 0, precision 1 to recall 1, precision 2/5
    expect(tied.f1Max).toEqual({ f1: 4 / 7, threshold: -Infinity, precision: 0.4, recall: 1 })
  })

  it('agree with a case by hand, whatever the order', () => {
    // Descending: + (6), - (5), ++- (4), - (1). TP, FP: 1,0; 1,1; 3,2; 3,3.
    const { f1Max, ...areas } = of([4, 6, 1, 4, 5, 4], [1, 1, 0, 0, 0, 1])
    expect(areas.auroc).toBeCloseTo((3 + 2 + 0.5 + 0.5) / 9, 15)
    expect(areas.averagePrecision).toBeCloseTo(1 / 3 + (2 / 3) * (3 / 5), 15)
    expect(areas.aupr).toBeCloseTo(1 / 3 + (2 / 3) * ((1 / 2 + 3 / 5) / 2), 15)
    expect(f1Max).toEqual({ f1: 6 / 8, threshold: 1, precision: 3 / 5, recall: 1 })
  })

  it('of random scores are a half and the share of anomalies', () => {
    const n = 20000
    const labels = integers(key(1), 0, 10, new Int32Array(n)).map(v => (v === 0 ? 1 : 0))
    const found = detectionMetrics(rank(array(uniform(key(2), new Float32Array(n))), array(labels)))
    const share = labels.reduce((a, b) => a + b) / n
    // The standard deviation of AUROC for equal laws is sqrt((P + N + 1)/(12 P N)) = 0.0068; four of them.
    expect(Math.abs(found.auroc - 0.5)).toBeLessThan(4 * 0.0068)
    // AP's spread is about that of the share among the first few thousand, sqrt(0.1 0.9/2000) = 0.007.
    expect(Math.abs(found.averagePrecision - share)).toBeLessThan(4 * 0.007)
    expect(found.f1Max.f1).toBeGreaterThanOrEqual((2 * share) / (1 + share))
  })

  it('of two normal laws a shift d apart are Phi(d/sqrt 2)', () => {
    const n = 40000
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 2)
    const scores = normal(key(3), new Float32Array(n)).map((v, i) => v + labels[i]!)
    const found = detectionMetrics(rank(array(scores), array(labels)))
    // Phi(1/sqrt 2) = 0.76025; standard deviation below sqrt(A (1 - A)/min(P, N)) = 0.003.
    expect(Math.abs(found.auroc - 0.76025)).toBeLessThan(4 * 0.003)
    // F1 of a threshold t on these laws is 2 Q(t - 1)/(1 + Q(t - 1) + Q(t)), Q = 1 - Phi: its largest value by a scan.
    const scan = Array.from({ length: 400 }, (_, i) => ratio(-2 + i / 100))
    expect(Math.abs(found.f1Max.f1 - Math.max(...scan))).toBeLessThan(4 * 0.003)
  })

  it('flags above the threshold of F1-max, and that gives its F1', () => {
    const scores = uniform(key(4), new Float32Array(500)).map(v => Math.round(v * 20))
    const labels = Uint8Array.from(scores, (v, i) => (v + 6 * ((i * 0.618) % 1) > 14 ? 1 : 0))
    const { f1, threshold } = detectionMetrics(rank(array(scores), array(labels))).f1Max
    const flagged = scores.map(v => (v > threshold ? 1 : 0))
    const tp = flagged.reduce((sum, v, i) => sum + v * labels[i]!, 0)
    const total = flagged.reduce((a, b) => a + b) + labels.reduce((a, b) => a + b)
    expect(f1).toBeCloseTo((2 * tp) / total, 15)
  })
})

function ratio(t: number): number {
  const q = (x: number): number => {
    // P(X > x) by Simpson's rule on [x, x + 12].
    let sum = 0
    for (let i = 0; i <= 600; i++) sum += (i === 0 || i === 600 ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-((x + i / 50) ** 2) / 2) // prettier-ignore
    return sum / 150 / Math.sqrt(2 * Math.PI)
  }
  return (2 * q(t - 1)) / (1 + q(t - 1) + q(t))
}

describe('degenerate input', () => {
  it('is an error that says what is missing', () => {
    expect(() => of([1, 2], [0, 0])).toThrow(/no anomaly among 2 labels/)
    expect(() => of([1, 2], [1, 1])).toThrow(/no normal one among 2 labels/)
    expect(() => of([], [])).toThrow(/no anomaly among 0/)
    expect(() => of([1, NaN, 2], [1, 0, 0])).toThrow(/score 1 of 3 is NaN/)
    expect(() => of([1, 2, 3], [1, 0])).toThrow(/expected shape \[3\], got \[2\]/)
    expect(() => rank(array(Float64Array.of(1, 2)), array(Float64Array.of(NaN, 1)))).toThrow(/label 0 is NaN/)
    expect(() => rank(array(BigInt64Array.of(1n, 2n)), array(Uint8Array.of(0, 1)))).toThrow(/int64/)
  })
})

describe('sortScores', () => {
  it('is the order of numbers, infinite and negative ones too, for both kinds of float', () => {
    const n = 20000
    const values = normal(key(5), new Float32Array(n)).map((v, i) => (i % 7 === 0 ? Math.round(v) : v ** 9))
    values.set([Infinity, -Infinity, 0, -0, 1e-45, -1e-45, 3.4e38, -3.4e38])
    const plain = values.slice().sort()
    expect(sortScores(values.slice())).toEqual(plain)
    expect(sortScores(Float64Array.from(values))).toEqual(Float64Array.from(plain))
    const view = new Float32Array(n + 3)
    view.set(values, 2)
    sortScores(view.subarray(2, n + 2))
    expect(view.subarray(2, n + 2)).toEqual(plain)
    expect([view[0], view[1], view[n + 2]]).toEqual([0, 0, 0])
  })
})

describe('segmentationMetrics', () => {
  const maps = array(Float32Array.of(1, 2, 3, 4, 9, 1, 0, 2, 3, 5, 1, 1), [3, 2, 2])
  const masks = array(Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0), [3, 2, 2])
  it('judges pixels, and pictures by their largest score', () => {
    const { pixel, image } = segmentationMetrics(maps, masks)
    expect(pixel.auroc).toBe(1)
    expect(pixel.aupro).toBe(1)
    expect(image?.auroc).toBe(1)
    const imageScores: NdArray = array(Float32Array.of(5, 4, 6))
    expect(segmentationMetrics(maps, masks, { imageScores }).image?.auroc).toBe(0.5)
  })
  it('has no image figures when every picture is anomalous', () => {
    const all = array(Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0), [3, 2, 2])
    expect(segmentationMetrics(maps, all).image).toBeNull()
  })
  it('refuses maps that are no pictures, and a limit that is no rate', () => {
    expect(() => segmentationMetrics(array(new Float32Array(4)), masks)).toThrow(/any, any, any.*\[4\]/)
    expect(() => segmentationMetrics(maps, masks, { limit: 0 })).toThrow(/limit = 0/)
  })
})
