import { execFileSync, spawnSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { openZarr } from '../../src/io/zarr.js'
import { cellGrid } from '../../src/physics/grid.js'
import { writePosterior, type DrawBatch, type PosteriorFile } from '../../src/run/arviz.js'
import { temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()
const python = process.env.PYTHON ?? 'python3'
const grid = cellGrid([3, 2], [3, 1])
const ramp = (shape: number[], start = 0): NdArray<Float64Array> => array(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => start + i), shape) // prettier-ignore

/** Draw r of the unknown is 6 r, ..., 6 r + 5; of the prediction 2 r, 2 r + 1; lp is -r. */
function* batches(...sizes: number[]): Generator<DrawBatch> {
  let r = 0
  for (const k of sizes) {
    const lp = array(Float64Array.from({ length: k }, (_, i) => -(r + i)))
    yield { x: ramp([k, 3, 2], 6 * r), predicted: ramp([k, 2], 2 * r), stats: { lp } }
    r += k
  }
}
const content = (draws: number, from: Iterable<DrawBatch>): PosteriorFile => ({
  unknown: { name: 'initial concentration', units: 'mg/l', grid, axes: [{ name: 'x', units: 'm' }, { name: 'y', units: 'm' }] }, // prettier-ignore
  draws,
  batches: from,
  observed: { name: 'y', units: 'mg/l', values: ramp([2]), others: { std: ramp([2], 1) } },
  prior: ramp([4, 3, 2]),
  attributes: { seed: 7 },
})

describe('inference data', () => {
  it('holds groups, dimensions and every draw, whatever the batches', async () => {
    await writePosterior(path('a.zarr'), content(10, batches(3, 1, 6)))
    const zarr = await openZarr(path('a.zarr'))
    const x = await zarr.read('posterior/initial_concentration')
    expect([x.shape, Array.from(x.data as Float64Array)]).toEqual([
      [1, 10, 3, 2],
      Array.from({ length: 60 }, (_, i) => i),
    ])
    expect((await zarr.info('posterior/initial_concentration')).dims).toEqual(['chain', 'draw', 'x', 'y'])
    expect((await zarr.read('posterior/x')).data).toEqual(Float64Array.of(0.5, 1.5, 2.5))
    expect((await zarr.read('posterior_predictive/y')).shape).toEqual([1, 10, 2])
    expect((await zarr.read('sample_stats/lp')).data).toEqual(Float64Array.from({ length: 10 }, (_, i) => -i))
    expect((await zarr.read('observed_data/y')).data).toEqual(Float64Array.of(0, 1))
    expect((await zarr.read('observed_data/std')).data).toEqual(Float64Array.of(1, 2))
    expect((await zarr.read('prior/initial_concentration')).shape).toEqual([1, 4, 3, 2])
    expect(await zarr.attributes('posterior')).toMatchObject({ inference_library: 'invdiff', seed: 7 })
  })

  it('streams: chunks of 4 MiB, taken as they fill', async () => {
    const wide = cellGrid([256, 256])
    const taken: number[] = []
    function* many(): Generator<DrawBatch> {
      for (let k = 0; k < 5; k++) {
        taken.push(k)
        yield { x: array(new Float32Array(5 * 256 * 256).fill(k), [5, 256, 256]) }
      }
    }
    const { observed } = content(1, [])
    await writePosterior(path('b.zarr'), {
      unknown: { name: 'x', grid: wide },
      draws: 25,
      batches: many(),
      observed,
    })
    const zarr = await openZarr(path('b.zarr'))
    // The unknown x may not share its name with the axis x.
    expect(await zarr.info('posterior/x_value')).toMatchObject({ chunks: [1, 8, 256, 256], dtype: 'float32' })
    const x = (await zarr.read('posterior/x_value')).data
    expect([0, 4, 5, 24].map(r => x[r * 256 * 256])).toEqual([0, 0, 1, 4])
    expect(taken).toEqual([0, 1, 2, 3, 4])
  })

  it('leaves nothing behind where it fails, and says why', async () => {
    const wrong: [PosteriorFile, RegExp][] = [
      [content(11, batches(10)), /hold 10 draws; 11 were announced/],
      [content(9, batches(10)), /draw 10 of posterior\/initial_concentration; 9 were announced/],
      [content(2, [{ x: ramp([2, 2, 3]) }]), /a batch: expected shape \[any, 3, 2\], got \[2, 2, 3\]/],
      [content(2, [{ x: ramp([2, 3, 2]), predicted: ramp([2, 5]) }]), /predicted: expected shape \[2, 2\]/],
      [content(4, [...batches(2), { x: ramp([2, 3, 2]) }]), /posterior_predictive\/y has 2 of 4 draws/],
      [content(4, [{ x: ramp([2, 3, 2]) }, ...batches(2)]), /posterior_predictive\/y is missing from some batches/],
    ]
    for (const [bad, message] of wrong) await expect(writePosterior(path('c.zarr'), bad)).rejects.toThrow(message)
    expect((await readdir(path('.'))).filter(name => name.includes('c.zarr'))).toEqual([])
    await expect(writePosterior(path('a.zarr'), content(2, batches(2)))).rejects.toThrow(/that it exists/)
    await writePosterior(path('a.zarr'), content(2, batches(2)), { overwrite: true })
  })

  const { status } = spawnSync(python, ['-W', 'ignore', '-c', 'import zarr, arviz, xarray'])
  it('is read by ArviZ, which summarises it', async context => {
    if (status !== 0) return context.skip(`${python} cannot import zarr, arviz and xarray; PYTHON names another`)
    await writePosterior(path('d.zarr'), content(100, batches(64, 36)))
    // from_datatree is ArviZ 0.23's way from xarray; ArviZ 1 works on the tree itself.
    const script = `import sys, warnings; warnings.simplefilter('ignore'); import arviz, xarray
tree = xarray.open_datatree(sys.argv[1], engine='zarr')
d = arviz.InferenceData.from_datatree(tree) if hasattr(arviz, 'InferenceData') else tree
x = d['posterior']['initial_concentration']
print(x.dims, x.shape, x.attrs['units'], float(x.sel(draw=99, x=2.5, y=0.75).item()))
print(sorted(g.strip('/') for g in d.groups() ) if callable(d.groups) else sorted(tree.children))
print(arviz.summary(d, var_names=['initial_concentration'], kind='stats').shape[0], d['posterior_predictive']['y'].dims, d['observed_data']['y'].values.tolist())`
    const out = execFileSync(python, ['-c', script, path('d.zarr')], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(out[0]).toBe("('chain', 'draw', 'x', 'y') (1, 100, 3, 2) mg/l 599.0")
    for (const group of ['observed_data', 'posterior', 'posterior_predictive', 'prior', 'sample_stats']) expect(out[1]).toContain(`'${group}'`) // prettier-ignore
    expect(out[2]).toBe("6 ('chain', 'draw', 'measurement') [0.0, 1.0]")
  })
})
