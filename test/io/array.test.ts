import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import {
  array,
  assertShape,
  assign,
  contiguous,
  dtypeOf,
  elements,
  sizeOf,
  zeros,
  type NdArray,
} from '../../src/io/array.js'
import { BoolArray, dtypeOfData, dtypes, halfToFloat, swapBytes, viewAs } from '../../src/io/dtype.js'
import { ramp } from './helpers.js'

describe('element types', () => {
  it('names every typed array, and bool apart from uint8', () => {
    expect(dtypes.map(dtype => dtypeOf(zeros(dtype, [2])))).toEqual(dtypes)
    expect(dtypeOf(array(new BoolArray(4), [2, 2]).transpose(1, 0))).toBe('bool')
    expect(dtypeOfData(Buffer.alloc(2))).toBe('uint8')
  })

  it('refuses other data by name', () => {
    expect(() => dtypeOfData([1, 2])).toThrow(/typed array .* got Array/)
    expect(() => dtypeOfData(null)).toThrow(/got null/)
  })

  it('widens half precision exactly, subnormal and special values too', () => {
    const bits = Uint16Array.of(0, 0x8000, 0x3c00, 0xc100, 0x7bff, 1, 0x3ff, 0x7c00, 0xfc00, 0x7e00)
    const expected = [0, -0, 1, -2.5, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity, NaN]
    expect(Array.from(halfToFloat(bits))).toEqual(expected)
  })

  it('views aligned bytes and copies others', () => {
    const bytes = new Uint8Array(17)
    expect(viewAs('float64', bytes.subarray(8, 16)).buffer).toBe(bytes.buffer)
    expect(viewAs('float64', bytes.subarray(1, 17)).length).toBe(2)
    const swapped = Uint8Array.of(1, 2, 3, 4)
    swapBytes(swapped, 2)
    expect([...swapped]).toEqual([2, 1, 4, 3])
  })
})

describe('arrays', () => {
  it('say both shapes and the place when they do not fit', () => {
    expect(() => array(new Float32Array(5), [2, 3], 'theta')).toThrow(
      'theta: shape [2, 3] has 6 elements, the data [5]',
    )
    expect(() => assertShape(zeros('float64', [2, 3]), [null, 4], 'y')).toThrow(
      'y: expected shape [any, 4], got [2, 3]',
    )
    expect(() => sizeOf([2, -1])).toThrow(/-1/)
    expect(() => sizeOf([2, 1.5])).toThrow(/1.5/)
    expect(() => sizeOf([2 ** 30, 2 ** 30])).toThrow(/2\^53/)
    expect(() => sizeOf(new Array<number>(33).fill(1))).toThrow(/33 axes/)
    expect(sizeOf([2 ** 40, 2 ** 40, 0])).toBe(0)
  })

  it('do not copy what is contiguous', () => {
    const a = ramp('float64', [4, 3])
    expect(contiguous(a)).toBe(a)
    expect(elements(a)).toBe(a.data)
    const rows = a.lo(1, 0).hi(2, 3)
    expect(elements(rows).buffer).toBe(a.data.buffer)
    expect(Array.from(elements(rows) as Float64Array)).toEqual([3, 4, 5, 6, 7, 8])
  })

  it('are made contiguous from any view', () => {
    const a = ramp('int16', [2, 3, 4]) as NdArray<Int16Array>
    for (const view of [
      a.transpose(2, 0, 1),
      a.step(1, -1, 2),
      a.lo(1, 1, 1),
      a.pick(1, null, null),
      a.pick(1, 2, 3),
    ]) {
      const dense = contiguous(view)
      expect(dense.shape).toEqual(view.shape)
      const walk = (index: number[]): void => {
        if (index.length === view.shape.length) expect(dense.get(...index)).toBe(view.get(...index))
        else for (let i = 0; i < view.shape[index.length]!; i++) walk([...index, i])
      }
      walk([])
    }
  })

  it('are assigned between layouts, and only to their like', () => {
    const target = ndarray(new Float64Array(6), [2, 3], [1, 2])
    assign(target, ramp('float64', [2, 3]))
    expect(Array.from(target.data)).toEqual([0, 3, 1, 4, 2, 5])
    expect(() => assign(target, ramp('float32', [2, 3]))).toThrow(/float64 elements, got float32/)
    expect(() => assign(target, ramp('float64', [3, 2]))).toThrow('expected shape [2, 3], got [3, 2]')
  })
})
