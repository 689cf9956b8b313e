import { expect, it } from 'vitest'
import { array } from '../../../src/io/array.js'
import { key, uniform } from '../../../src/random.js'
import { cutTiles, mapTiles, openStitcher, tilingOf, type Tiling } from '../../../src/run/segment/tiling.js'

const random = (seed: number, shape: number[]) =>
  array(uniform(key(seed), new Float32Array(shape.reduce((a, b) => a * b))), shape)

it.each([
  [[50, 37], 16, 4],
  [[16, 16], 16, 8],
  [[33, 16], 16, 0],
  [[100, 17], 32, 16],
  [[7, 5], 16, 4],
  [[9, 40], 16, 3],
] as const)('tiles of %o cover it, keep their overlap, and give a map back', (shape, size, overlap) => {
  const tiling = tilingOf(shape, { size, overlap })
  for (const [axis, starts] of [tiling.rows, tiling.columns].entries()) {
    expect(starts[0]).toBe(0)
    expect(starts.at(-1)! + size).toBe(Math.max(size, shape[axis]!))
    for (let k = 1; k < starts.length; k++) {
      expect(starts[k]! - starts[k - 1]!).toBeLessThanOrEqual(size - overlap)
      expect(starts[k]!).toBeGreaterThan(starts[k - 1]!)
    }
  }
  const map = random(1, [...shape, 1])
  const tiles = cutTiles(map, tiling)
  expect(tiles.shape).toEqual([tiling.count, size, size, 1])
  const stitcher = openStitcher(tiling)
  // In two parts, the later first.
  const half = Math.floor(tiling.count / 2)
  const maps = (from: number, to: number) => array(cutTiles(map, tiling, from, to).data, [to - from, size, size])
  stitcher.add(maps(half, tiling.count), half)
  stitcher.add(maps(0, half), 0)
  const found = stitcher.finish()
  expect(found.shape).toEqual([...shape])
  // Weights divided by their sum: a few roundings of float32.
  found.data.forEach((v, p) => expect(Math.abs(v - map.data[p]!)).toBeLessThan(1e-6))
})

it('cuts colours, and reflects where a picture is smaller than a tile', () => {
  const picture = random(2, [5, 9, 3])
  const tiles = cutTiles(picture, tilingOf([5, 9], { size: 8 }))
  expect(tiles.shape).toEqual([2, 8, 8, 3])
  expect([tiles.get(0, 5, 2, 1), tiles.get(0, 7, 2, 1), tiles.get(1, 0, 7, 2)]).toEqual([picture.get(4, 2, 1), picture.get(2, 2, 1), picture.get(0, 8, 2)]) // prettier-ignore
})

it('blends tiles that differ without a seam', () => {
  const tiling: Tiling = tilingOf([32, 56], { size: 32, overlap: 8 })
  expect(tiling.columns).toEqual([0, 24])
  const stitcher = openStitcher(tiling)
  stitcher.add(array(new Float32Array(32 * 32), [1, 32, 32]), 0)
  stitcher.add(array(new Float32Array(32 * 32).fill(1), [1, 32, 32]), 1)
  const map = stitcher.finish()
  for (let x = 1; x < 56; x++) {
    const step = map.get(16, x) - map.get(16, x - 1)
    expect(step).toBeGreaterThanOrEqual(0)
    expect(step).toBeLessThanOrEqual(1 / 9 + 1e-6) // overlap + 1 steps, and no jump
  }
  expect([map.get(16, 23), map.get(16, 32)]).toEqual([0, 1])
})

it('refuses what does not fit', () => {
  expect(() => tilingOf([10, 10], { size: 8, overlap: 5 })).toThrow(/overlap is 5; .* half the size, 4/)
  expect(() => tilingOf([0, 10], { size: 8 })).toThrow(/height is 0/)
  const tiling = tilingOf([10, 10], { size: 8, overlap: 2 })
  expect(() => cutTiles(random(1, [9, 10, 1]), tiling)).toThrow(/expected shape \[10, 10, any\], got \[9, 10, 1\]/)
  const stitcher = openStitcher(tiling)
  stitcher.add(random(1, [1, 8, 8]), 2)
  expect(() => stitcher.add(random(1, [1, 8, 8]), 2)).toThrow(/tile 2 was added before/)
  expect(() => stitcher.add(random(1, [2, 8, 8]), 3)).toThrow(/tiles 3 to 4 of 4/)
  expect(() => stitcher.finish()).toThrow(/tile 0 of 4 is missing/)
})

it('maps a large picture batch by batch', async () => {
  const picture = random(3, [60, 45, 3])
  const firsts: number[] = []
  const found = await mapTiles(picture, { size: 16, overlap: 6, batch: 5 }, (tiles, first) => {
    firsts.push(first)
    const n = tiles.shape[0]!
    return array(
      Float32Array.from({ length: n * 256 }, (_, p) => tiles.data[3 * p + 1]!),
      [n, 16, 16],
    )
  })
  expect(firsts).toEqual([0, 5, 10, 15, 20])
  expect(found.shape).toEqual([60, 45])
  found.data.forEach((v, p) => expect(Math.abs(v - picture.data[3 * p + 1]!)).toBeLessThan(1e-6))
  await expect(mapTiles(picture, { size: 16 }, tiles => tiles)).rejects.toThrow(/maps of tiles 0 to 15: expected shape \[16, 16, 16\], got \[16, 16, 16, 3\]/) // prettier-ignore
  await expect(mapTiles(picture, { size: 16, batch: 0 }, tiles => tiles)).rejects.toThrow(/batch is 0/)
})
