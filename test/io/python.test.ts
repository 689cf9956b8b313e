import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { writeHdf5 } from '../../src/io/hdf5-write.js'
import { writeNpz } from '../../src/io/npz.js'
import { writeSafetensors } from '../../src/io/safetensors.js'
import { createZarr, writeZarr } from '../../src/io/zarr-write.js'
import { ramp, samples, temporaryFolder } from './helpers.js'

// What is written here, read by the formats' own libraries. PYTHON names another interpreter than python3.
const python = process.env.PYTHON ?? 'python3'
const path = temporaryFolder()

/** Why a script that imports these cannot run, if so. */
function missing(modules: string): string | undefined {
  const { status, stderr, error } = spawnSync(python, ['-W', 'ignore', '-c', `import ${modules}`], { encoding: 'utf8' })
  if (status === 0) return undefined
  return `${python} cannot import ${modules}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? ''}`
}
const run = (script: string, ...args: string[]): string =>
  execFileSync(python, ['-W', 'error::UserWarning', '-c', script, ...args], { encoding: 'utf8' }).trim()

/** Checks arrays of test/io/helpers.ts, in a mapping \`data\`. */
const check = `
def check(data, prefix=''):
    count = 0
    for dtype in 'float64 float32 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool'.split():
        for shape in [(), (0,), (0, 3), (7,), (2, 3), (2, 1, 3, 2)]:
            a = np.asarray(data[f"{prefix}{dtype}_{'x'.join(map(str, shape)) or 'scalar'}"][...])
            n = int(np.prod(shape))
            expected = (np.arange(n) % (2 if dtype == 'bool' else 128)).astype(dtype).reshape(shape)
            assert a.shape == shape and a.dtype == (np.uint8 if dtype == 'bool' and prefix == 'h5/' else dtype), (dtype, shape, a.dtype)
            assert (a == expected).all()
            count += 1
    print(count)
`

describe('interoperability', () => {
  const withArrays = missing('zarr, h5py, safetensors.numpy')
  it('NumPy, safetensors, h5py and zarr-python read every type and shape', async context => {
    if (withArrays) return context.skip(withArrays)
    const arrays = Object.fromEntries(samples())
    await writeNpz(path('a.npz'), arrays)
    await writeNpz(path('c.npz'), arrays, { compress: true })
    await writeSafetensors(path('a.safetensors'), arrays)
    const inGroup = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [`h5/${name}`, a]))
    await writeHdf5(path('a.h5'), inGroup, { attributes: { title: 'θ', list: ['a', 'b'], n: 3 }, compression: 4 })
    await writeZarr(path('a.zarr'), arrays)
    const script = `import sys, numpy as np, h5py, zarr; from safetensors.numpy import load_file
${check}
check(np.load(sys.argv[1] + '/a.npz')); check(np.load(sys.argv[1] + '/c.npz')); check(load_file(sys.argv[1] + '/a.safetensors'))
with h5py.File(sys.argv[1] + '/a.h5') as file:
    check(file, 'h5/'); a = file.attrs; print(a['title'], list(a['list']), a['n'])
check(zarr.open_group(sys.argv[1] + '/a.zarr', mode='r'))`
    expect(run(script, path('.')).split('\n')).toEqual(['66', '66', '66', '66', "θ ['a', 'b'] 3", '66'])
  })

  const writePosterior = async (folder: string): Promise<void> => {
    const writer = await createZarr(folder, { attributes: { created_by: 'invdiff' } })
    await writer.group('posterior', { inference_library: 'invdiff' })
    const dims = ['chain', 'draw', 'theta_dim']
    const theta = await writer.array('posterior/theta', { shape: [1, 6, 3], chunks: [1, 2, 3], dtype: 'float32', dims })
    await theta.write([0, 0, 0], ramp('float32', [1, 6, 3]))
    for (const [name, n] of [
      ['chain', 1],
      ['draw', 6],
      ['theta_dim', 3],
    ] as const)
      await writer.put(`posterior/${name}`, ramp('int64', [n]), { dims: [name] })
    await writer.put('observed_data/y', ramp('float64', [4]), { dims: ['y_dim'] })
    await writer.consolidate()
  }

  const withXarray = missing('zarr, xarray')
  it('xarray opens a posterior, with consolidated metadata and without a warning', async context => {
    if (withXarray) return context.skip(withXarray)
    await writePosterior(path('xarray.zarr'))
    const script = `import sys, warnings, xarray; warnings.simplefilter('error')
d = xarray.open_zarr(sys.argv[1], group='posterior', consolidated=True)
print(d.theta.dims, float(d.theta.sel(draw=5, theta_dim=2).item()), d.draw.values.tolist(), d.attrs['inference_library'])
tree = xarray.open_datatree(sys.argv[1], engine='zarr'); print(sorted(tree.children))`
    expect(run(script, path('xarray.zarr')).split('\n')).toEqual([
      "('chain', 'draw', 'theta_dim') 17.0 [0, 1, 2, 3, 4, 5] invdiff",
      "['observed_data', 'posterior']",
    ])
  })

  const withArviz = missing('zarr, arviz, xarray')
  it('ArviZ reads it as InferenceData', async context => {
    if (withArviz) return context.skip(withArviz)
    await writePosterior(path('arviz.zarr'))
    const script = `import sys, warnings; warnings.simplefilter('ignore'); import arviz, xarray
d = arviz.InferenceData.from_datatree(xarray.open_datatree(sys.argv[1], engine='zarr')); print(d.posterior.theta.shape, sorted(d.groups()))`
    const found = run(script, path('arviz.zarr')).replaceAll('/', '')
    expect(found).toContain('(1, 6, 3)')
    expect(found).toMatch(/observed_data.*posterior/)
  })
})
