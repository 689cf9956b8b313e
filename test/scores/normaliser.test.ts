import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { fitNormaliser, normaliser, type NormaliserSpec } from '../../src/scores/normaliser.js'

/** 50 fields [2, 3] about 1e6 + 10 k in element k, of deviation 0.5. */
const data = normal(key(2), new Float64Array(300)).map((v, i) => 1e6 + 10 * (i % 6) + 0.5 * v)
const batch = (from: number, to: number): NdArray<Float64Array> =>
  array(data.slice(6 * from, 6 * to), [to - from, 2, 3])

const moments = (values: readonly number[]): [number, number] => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)]
}

function fitted(mean: 'scalar' | 'element', cuts: readonly number[]): ReturnType<typeof normaliser> {
  const fit = fitNormaliser([2, 3], mean)
  cuts.slice(1).forEach((to, i) => fit.add(batch(cuts[i]!, to)))
  return fit.done()
}

describe('a fit', () => {
  it('takes one mean and deviation of all elements, whatever the batches', () => {
    const [mean, std] = moments([...data])
    for (const cuts of [
      [0, 50],
      [0, 1, 7, 50],
    ]) {
      // prettier-ignore
      const { spec } = fitted('scalar', cuts)
      expect(spec.shape).toEqual([2, 3])
      expect(Math.abs((spec.mean as number) - mean)).toBeLessThan(1e-7)
      expect(Math.abs(spec.std / std - 1)).toBeLessThan(1e-9)
    }
  })

  it('takes a mean for each element, and the deviation from it', () => {
    const { spec } = fitted('element', [0, 20, 50])
    const columns = Array.from({ length: 6 }, (_, k) => moments([...data].filter((_, i) => i % 6 === k)))
    columns.forEach(([mean], k) => expect(Math.abs((spec.mean as number[])[k]! - mean)).toBeLessThan(1e-7))
    const pooled = Math.sqrt(columns.reduce((sum, [, std]) => sum + std ** 2, 0) / 6)
    expect(Math.abs(spec.std / pooled - 1)).toBeLessThan(1e-9)
  })

  it('refuses no data, constant data, what is not finite and other shapes', () => {
    expect(() => fitNormaliser([2]).done()).toThrow('no training data')
    const constant = fitNormaliser([2, 3])
    constant.add(array(new Float32Array(12).fill(0.1), [2, 2, 3]))
    expect(() => constant.done()).toThrow('the 2 samples of training data are constant (deviation 0 about 0.1')
    const element = fitNormaliser([2, 3], 'element')
    element.add(array(Float64Array.from([...data.slice(0, 6), ...data.slice(0, 6)]), [2, 2, 3]))
    expect(() => element.done()).toThrow('are constant')
    const broken = fitNormaliser([2])
    expect(() => broken.add(array(Float64Array.of(1, 2, 3, NaN), [2, 2]))).toThrow(
      'sample 1 of the training data has NaN',
    )
    expect(() => broken.add(array(new Float64Array(6), [2, 3]))).toThrow(
      'wants a sample [2] or a batch of them, got [2, 3]',
    )
  })
})

describe('a normaliser', () => {
  it.each(['scalar', 'element'] as const)('brings to unit variance and back (%s mean)', mean => {
    const n = fitted(mean, [0, 50])
    const z = n.apply(batch(0, 50))
    const [m, std] = moments([...z.data])
    expect(Math.abs(m)).toBeLessThan(1e-6)
    expect(std).toBeCloseTo(1, 8)
    expect(z.shape).toEqual([50, 2, 3])
    const back = n.invert(z)
    expect(Math.max(...back.data.map((v, i) => Math.abs(v - data[i]!)))).toBeLessThan(1e-9)
  })

  it('is the same from its JSON, keeps float32, and takes one sample and strided arrays', () => {
    const n = normaliser({ shape: [3], mean: [1, 2, 3], std: 2 })
    const again = normaliser(JSON.parse(JSON.stringify(n.spec)) as NormaliserSpec)
    const one = again.apply(array(Float32Array.of(1, 4, 7), [3]))
    expect(one.data).toEqual(Float32Array.of(0, 1, 2))
    const reversed = array(Float32Array.of(7, 4, 1)).step(-1)
    expect(again.apply(reversed).data).toEqual(Float32Array.of(0, 1, 2))
  })

  it.each([
    [{ shape: [2], mean: [1], std: 1 }, "'mean' has 1 entries; a sample [2] has 2"],
    [{ shape: [2], mean: NaN, std: 1 }, "entry 0 of 'mean' is NaN"],
    [{ shape: [2], mean: 0, std: 0 }, "'std' is 0; wants a number > 0"],
    [{ shape: [0], mean: 0, std: 1 }, "'shape' is [0]; wants extents from 1"],
  ])('refuses %j', (spec, message) => {
    expect(() => normaliser(spec)).toThrow(message)
  })
})
