/**
 * Bad input through the whole pipeline: the message names the value, the place and the remedy, and nothing is left behind.
 * Training, kills and full disks: test/full/broken-off.test.ts.
 */
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { array } from '../../src/io/array.js'
import { writeNpy } from '../../src/io/npy.js'
import { writeSafetensors } from '../../src/io/safetensors.js'
import { temporaryFolder } from '../io/helpers.js'
import { source, untrained } from '../run/models.js'
import { invoke } from './invoke.js'

const path = temporaryFolder()
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 })
beforeAll(async () => {
  await untrained(path('model'))
})

/** The message of a command line that fails; `code` is 1 for files and 2 for what was typed. */
async function refused(code: 1 | 2, ...args: string[]): Promise<string> {
  const before = await readdir(path('.'))
  const done = await invoke(args)
  expect([done.code, done.out], done.err).toEqual([code, ''])
  expect(await readdir(path('.'))).toEqual(before)
  return done.err
}
const solving = (code: 1 | 2, ...args: string[]): Promise<string> =>
  refused(code, 'solve', source, '--model', path('model'), '--out', path('run'), ...args)
const observing = async (rows: string): Promise<string> => {
  await writeFile(path('y.csv'), rows)
  return solving(1, '--observation', path('y.csv'))
}
const sensors = 'x [cm],y [cm],value [mg/l],noise [mg/l]\n50,50,0.4,0.1\n20,80,-0.2,0.1\n'

describe('an observation', () => {
  it('of a wrong shape', async () => {
    await writeNpy(path('y.npy'), array(new Float64Array(12), [3, 4]))
    const given = ['--observation', path('y.npy'), '--noise', '0.1']
    expect(await solving(1, ...given)).toMatch(/y\.npy: expected .*8.*found .*\[3, 4\].*operator/s)
    const operator = '{"kind":"sensors","points":[[0.5,0.5]],"time":1}'
    expect(await solving(2, ...given, '--operator', operator)).toMatch(/12 values.*makes 1/)
  })

  it('with NaN where a number must be; of values, they are gaps', async () => {
    expect(await observing(sensors.replace('-0.2,0.1', '-0.2,NaN'))).toMatch(
      /y\.csv: expected a number in row 3, column noise, found 'NaN'\. Correct it, or leave the value/,
    )
    expect(await observing(sensors.replace('20,80', 'NaN,80'))).toMatch(/row 3, column x, found 'NaN'/)
    expect(await observing(sensors.replace(/0\.4|-0\.2/g, 'NaN'))).toMatch(/y\.csv: expected .*value.*found/s)
  })

  it('of an unknown operator', async () => {
    expect(await solving(2, '--operator', '{"kind":"sensr"}')).toMatch(/'sensr'.*sensors/s)
    expect(await solving(2, '--operator', '{"kind":"sensors","cuont":3}')).toMatch(
      /unknown parameter 'cuont'; did you mean 'points'/,
    )
  })

  it('in wrong units', async () => {
    const words = await observing(sensors.replace('value [mg/l]', 'value [K]'))
    expect(words).toMatch(
      /y\.csv: expected units of the dimension of 'mg\/l' in the column value, found .*K.*Convert it, and write value \[mg\/l\]/,
    )
    expect(await observing(sensors.replace('x [cm]', 'x [s]'))).toMatch(/in the column x, found .*write x \[m\]/)
  })

  it('of sensors outside the domain', async () => {
    expect(await observing(sensors.replace('20,80', '120,80'))).toMatch(
      /y\.csv: expected a sensor in the domain \[0, 1\] x \[0, 1\] m in row 3, column x, found \(1\.2, 0\.8\)\. Check/,
    )
  })
})

describe('a model', () => {
  it('of foreign weights', async () => {
    await cp(path('model'), path('foreign'), { recursive: true })
    await writeSafetensors(path('foreign/weights.safetensors'), { 'conv.weight': array(new Float32Array(4), [4]) }, { format: 'pt' }) // prettier-ignore
    const given = ['solve', source, '--model', path('foreign'), '--out', path('run')]
    expect(await refused(1, ...given)).toMatch(/weights\.safetensors: expected the weights of a model of invdiff, found .*pt/) // prettier-ignore
    await writeFile(path('foreign/model.json'), '{"architectures":["UNet2DModel"]}')
    expect(await refused(1, ...given)).toMatch(/foreign\/model\.json: expected a model of invdiff .*found JSON of another kind/) // prettier-ignore
  })

  it('whose weights are cut off', async () => {
    await cp(path('model'), path('cut'), { recursive: true })
    const size = (await readFile(path('cut/weights.safetensors'))).length
    await truncate(path('cut/weights.safetensors'), size - 100)
    const given = ['solve', source, '--model', path('cut'), '--out', path('run')]
    expect(await refused(1, ...given)).toMatch(/cut\/weights\.safetensors.*: expected .*bytes.*found/s)
  })
})
