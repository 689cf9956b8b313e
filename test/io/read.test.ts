import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { readArray } from '../../src/io/read.js'
import { expectSame, fileErrorOf, fixture, ramp, temporaryFolder } from './helpers.js'

const path = temporaryFolder()
const refuse = async (file: string, dataset?: string): Promise<string> =>
  (await fileErrorOf(readArray(file, dataset === undefined ? {} : { dataset }))).message

describe('readArray', () => {
  it('reads every format, by content', async () => {
    expectSame(await readArray(fixture('version2.npy')), ramp('int32', [2, 3]))
    for (const name of ['stored.npz', 'deflated.npz', 'ramp.safetensors', 'ramp.zarr'])
      expectSame(await readArray(fixture(name), { dataset: 'bool' }), ramp('bool', [2, 3]))
    expectSame(await readArray(fixture('ramp.h5'), { dataset: 'types/bool' }), ramp('bool', [2, 3]))
    expectSame(await readArray(fixture('single.h5')), ramp('float32', [2, 3]))
    expectSame(await readArray(fixture('v2.zarr')), ramp('float32', [2, 3]))
    await copyFile(fixture('version2.npy'), path('wrong.h5'))
    expectSame(await readArray(path('wrong.h5')), ramp('int32', [2, 3]))
  })

  it('asks for a name among several, and refuses one that is not there', async () => {
    for (const name of ['stored.npz', 'ramp.safetensors', 'ramp.zarr', 'ramp.h5']) {
      expect(await refuse(fixture(name))).toMatch(/name one of several\), found the names .*float32/)
      expect(await refuse(fixture(name), 'nothing')).toMatch(/an array named nothing, found the names/)
    }
    expect(await refuse(fixture('big.npy'), 'x')).toMatch(/an array named x, found an NPY file/)
  })

  it('says what a foreign file is', async () => {
    const kinds: [Buffer | string, RegExp][] = [
      ['', /an empty file/],
      ['\x1f\x8b\x08', /a gzip file\. Unpack/],
      ['\x80\x04\x95', /a Python pickle\..*numpy\.save/],
      ['CDF\x01', /NetCDF 3 file\. Convert/],
      ['MATLAB 5.0 MAT-file', /MATLAB 5/],
      ['{"a": 1}', /a JSON file/],
      ['hello, world', /the bytes 68 65 6c 6c/],
    ]
    for (const [content, message] of kinds) {
      await writeFile(path('foreign'), Buffer.from(content as string, 'latin1'))
      expect(await refuse(path('foreign'))).toMatch(message)
    }
    await mkdir(path('folder'))
    expect(await refuse(path('folder'))).toMatch(/a folder without zarr\.json/)
    expect(await refuse(path('none'))).toMatch(/expected an existing file/)
  })

  it('loads HDF5 and Zarr libraries only when a file asks for them', () => {
    const args = ['--bundle', '--platform=node', '--format=esm', '--packages=external', '--log-level=error']
    const files = [`--metafile=${path('meta.json')}`, `--outfile=${path('read.mjs')}`, 'src/io/read.ts']
    execFileSync('node_modules/.bin/esbuild', [...args, ...files])
    const inputs = JSON.parse(readFileSync(path('meta.json'), 'utf8')) as {
      outputs: Record<string, { imports: { path: string; kind: string }[] }>
    }
    const statics = Object.values(inputs.outputs).flatMap(o =>
      o.imports.filter(i => i.kind === 'import-statement').map(i => i.path),
    )
    expect(statics).toContain('fflate')
    expect(statics).not.toContain('zarrita')
    expect(statics.some(name => name.startsWith('h5wasm'))).toBe(false)
  })
})
