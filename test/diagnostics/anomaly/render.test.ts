import { expect, it } from 'vitest'
import { contactSheet, heatOf, maskOf, overlayOf } from '../../../src/diagnostics/anomaly/render.js'
import { array } from '../../../src/io/array.js'

const map = array(Float32Array.of(0, 0.5, 1, 0.25), [2, 2])

it('a mask holds what reaches the threshold', () => {
  expect(Array.from(maskOf(map, 0.5).data)).toEqual([0, 255, 255, 0])
  expect(() => maskOf(map, NaN)).toThrow(/threshold is NaN/)
})

it('a heat map runs from its first colour to its last, on its own scale or a given one', () => {
  const found = heatOf(map)
  expect(found.shape).toEqual([2, 2, 3])
  const colour = (picture: typeof found, p: number): number[] => Array.from(picture.data.subarray(3 * p, 3 * p + 3))
  expect([colour(found, 0), colour(found, 2)]).toEqual([[0, 0, 4], [252, 255, 164]]) // prettier-ignore
  expect(colour(heatOf(map, [0, 2]), 2)).toEqual(colour(found, 1))
  expect(colour(heatOf(map, [0, 0.5]), 2)).toEqual([252, 255, 164]) // cut
  expect(colour(heatOf(array(new Float32Array(4), [2, 2])), 3)).toEqual([0, 0, 4]) // no range
})

it('an overlay tints the anomaly, outlines it, and leaves the rest', () => {
  const grey = array(new Uint8Array(25).fill(100), [5, 5, 1])
  const mask = array(new Uint8Array(25), [5, 5])
  mask.set(2, 2, 255)
  const found = overlayOf(grey, mask, [200, 0, 0])
  const at = (y: number, x: number): number[] => [0, 1, 2].map(c => found.get(y, x, c))
  expect([at(2, 2), at(1, 2), at(2, 3), at(1, 1), at(0, 0)]).toEqual([[135, 65, 65], [200, 0, 0], [200, 0, 0], [100, 100, 100], [100, 100, 100]]) // prettier-ignore
  expect(() => overlayOf(grey, array(new Uint8Array(4), [2, 2]))).toThrow(/mask: expected shape \[5, 5\], got \[2, 2\]/)
})

it('a contact sheet lays grey and colour of differing sizes in cells', () => {
  const grey = array(new Uint8Array(6).fill(7), [2, 3])
  const colour = array(Uint8Array.from({ length: 12 }, (_, i) => i), [2, 2, 3]) // prettier-ignore
  const sheet = contactSheet([[grey, colour], [colour]], 1)
  expect(sheet.shape).toEqual([7, 9, 3])
  expect([sheet.get(0, 0, 0), sheet.get(1, 1, 2), sheet.get(2, 6, 1), sheet.get(4, 1, 2), sheet.get(4, 5, 0)]).toEqual([255, 7, 10, 2, 255]) // prettier-ignore
  expect(contactSheet([]).shape).toEqual([4, 4, 3])
})
