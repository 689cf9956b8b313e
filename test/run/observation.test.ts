import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { array, zeros } from '../../src/io/array.js'
import { writeHdf5 } from '../../src/io/hdf5-write.js'
import { writeNpy } from '../../src/io/npy.js'
import { cellGrid } from '../../src/physics/grid.js'
import {
  readObservation,
  type Measured,
  type ObservationFile,
  type ObservationOptions,
} from '../../src/run/observation.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()
const tank: Measured = {
  grid: cellGrid([8, 8], [2, 1]),
  units: 'mg/l',
  lengthUnits: 'm',
  timeUnits: 's',
  times: [0.5, 1],
}
const rod: Measured = { grid: cellGrid([8]), units: 'K' }

async function read(name: string, text: string, space = tank, options?: ObservationOptions): Promise<ObservationFile> {
  await writeFile(path(name), text)
  return readObservation(path(name), space, options)
}
const table = (text: string, space = tank, options?: ObservationOptions): Promise<ObservationFile> => read('a.csv', text, space, options) // prettier-ignore
const json = (value: unknown, space = tank, options?: ObservationOptions): Promise<ObservationFile> => read('a.json', typeof value === 'string' ? value : JSON.stringify(value), space, options) // prettier-ignore
const fault = async (work: Promise<unknown>): Promise<string> => (await fileErrorOf(work)).message
const y = (found: ObservationFile): number[] => Array.from(found.y.data)

describe('a table of sensors', () => {
  it('becomes sensors, with gaps dropped and counted', async () => {
    const found = await table('# readings of Monday\nx,y,value,noise,label\n0.5,0.25,1.5,0.1,north\n\n1,0.5,,0.1,broken\n1,0.5,NaN,,\n2,1,-2,0.1,corner\n') // prettier-ignore
    expect(found.operator).toEqual({ kind: 'sensors', points: [[0.5, 0.25], [2, 1]] }) // prettier-ignore
    expect(y(found)).toEqual([1.5, -2])
    expect(found.noise).toEqual({ kind: 'gaussian', std: 0.1 })
    expect(found).toMatchObject({ dropped: 2, source: path('a.csv'), labels: ['north', 'corner'] })
    expect(Array.from(found.placeOf!)).toEqual([0, 1])
  })

  it('takes other orders of columns, separators, line ends, a byte order mark, and a level for each value', async () => {
    const found = await table('\uFEFFvalue;std;y;x\r\n1;0.1;0.2;0.3\r\n2;0.2;0.4;0.5\r\n')
    expect(found.operator.points).toEqual([[0.3, 0.2], [0.5, 0.4]]) // prettier-ignore
    expect(found.noise).toEqual({ kind: 'gaussian', std: [0.1, 0.2] })
    expect((await table('x\ty\tvalue\n0\t0\t1', tank, { noise: 0.3 })).noise).toEqual({ kind: 'gaussian', std: 0.3 })
    expect((await table('x,value\n0.5,290\n', rod, { noise: 1 })).operator).toEqual({
      kind: 'sensors',
      points: [[0.5]],
    })
  })

  it('converts units; a noise level is a difference', async () => {
    const found = await table(
      'x [cm],y (mm),t [ms],value [g/m^3],noise [ug/l],\n50,250,1000,1.5,100,\n'.replaceAll(',\n', '\n'),
    )
    expect(found.operator).toEqual({ kind: 'sensors', points: [[0.5, 0.25]], time: 1 })
    expect(found.y.data[0]).toBeCloseTo(1.5, 12) // 1 g/m^3 is 1 mg/l
    expect(found.noise.std).toBeCloseTo(0.1, 12)
    const warm = await table('x,value [degC],noise [degC]\n0.5,20,0.5\n', rod)
    expect(warm.y.data[0]).toBeCloseTo(293.15, 9)
    expect(warm.noise.std).toBeCloseTo(0.5, 12)
  })

  it('with several times becomes series, or a stack of sensors where they have gaps', async () => {
    const rows = ['0,0,0.5,1', '0,0,1,2', '1,1,1,4', '1,1,0.5,3']
    const series = await table(['x,y,t,value', ...rows].join('\n'), tank, { noise: 1 })
    expect(series.operator).toEqual({ kind: 'sensor-series', points: [[0, 0], [1, 1]], times: [0.5, 1] }) // prettier-ignore
    expect(y(series)).toEqual([1, 2, 3, 4])
    const gaps = await table(['x,y,t,value', ...rows.slice(0, 3), '1,1,0.5,'].join('\n'), tank, { noise: 1 })
    expect(gaps.operator).toEqual({
      kind: 'stack',
      operators: [
        { kind: 'sensors', points: [[0, 0]], time: 0.5 },
        { kind: 'sensors', points: [[0, 0], [1, 1]], time: 1 }, // prettier-ignore
      ],
    })
    expect([y(gaps), gaps.dropped]).toEqual([[1, 2, 4], 1])
    expect(Array.from(gaps.placeOf!)).toEqual([0, 0, 1])
  })

  const head = 'x,y,value,noise'
  const faults: [what: string, text: string, message: RegExp, space?: Measured][] = [
    ['a sensor outside', `${head}\n0,0,1,1\n2.5,0.5,1,1`, /a\.csv: expected a sensor in the domain \[0, 2\] x \[0, 1\] m in row 3, .*found \(2\.5, 0\.5\)/], // prettier-ignore
    ['a sensor on no line', 'x,value,noise\n-0.1,1,1', /the domain \[0, 1\] in row 2, column x, found \(-0\.1\)/, rod],
    ['negative noise', `${head}\n0,0,1,-0.1`, /positive standard deviation in row 2, column noise, found -0\.1/],
    ['no noise in a row', `${head}\n0,0,1,`, /number in row 2, column noise, found nothing/],
    ['noise NaN', `${head}\n0,0,1,NaN`, /row 2, column noise, found 'NaN'/],
    ['words', `${head}\n0,zero,1,1`, /row 2, column y, found 'zero'/],
    ['a decimal comma', `x;y;value;noise\n0;"0,5";1;1`, /column y, found '0,5'\. Write decimals with a point/],
    ['infinity', `${head}\n0,0,Infinity,1`, /row 2, column value, found 'Infinity'/],
    ['an unknown column', 'x,y,valu,noise\n0,0,1,1', /found 'valu'\. Did you mean 'value'\?/],
    ['a column twice', 'x,y,value,noise,std\n0,0,1,1,1', /each column once in row 1, found noise twice/],
    ['a missing column', 'x,value,noise\n0,1,1', /columns x, y, value in row 1, found no y/],
    ['y on a segment', 'x,y,value\n0,0,1', /found 'y'/, rod],
    ['units of another dimension', 'x [s],y,value,noise\n0,0,1,1', /column x, found units 's', which are not of the same dimension as the problem's 'm'/], // prettier-ignore
    ['unknown units', 'x,y,value [blobs],noise\n0,0,1,1', /units 'blobs', which are not known/],
    ['units where the problem has none', 'x [m],value,noise\n0,1,1', /no units in the column x, found units 'm'/, rod],
    ['a time outside', 't,x,y,value,noise\n3,0,0,1,1', /a time from 0\.5 to 1 s in row 2, column t, found 3/],
    ['a time of a still state', 't,x,value,noise\n3,0,1,1', /given at one time only.*row 2, column t/, rod],
    ['one place and time twice', 't,x,y,value,noise\n1,0,0,1,1\n1,0,0,2,1\n0.5,0,0,3,1', /once, found \(0, 0\) at 1 in row 2 and row 3/], // prettier-ignore
    ['too many cells', `${head}\n0,0,1,1,5`, /4 cells in row 2, found 5/],
    ['gaps only', `${head}\n0,0,,1`, /at least one row with a value, found none/],
    ['no noise', 'x,y,value\n0,0,1', /column noise .*found none for row 2/],
    ['nothing', '\n', /found no rows/],
    ['binary data', 'a\0b', /found binary data/],
  ]
  it.each(faults)('refuses %s', async (_, text, message, space = tank) => {
    expect(await fault(table(text, space))).toMatch(message)
  })
})

describe('JSON', () => {
  it('states sensors as a table does', async () => {
    const found = await json('{"units": {"x": "cm"}, "noise": 0.2, "sensors": [{"x": 50, "y": 0.5, "value": 1}, {"x": 1, "y": 0, "value": NaN}]}') // prettier-ignore
    expect(found.operator).toEqual({ kind: 'sensors', points: [[0.5, 0.5]] })
    expect([y(found), found.noise.std, found.dropped]).toEqual([[1], 0.2, 1])
  })

  it('states any operator with its values; gaps are outputs left out', async () => {
    const operator = { kind: 'blur', width: 0.1 }
    const whole = await json({ operator, values: [1, 2], noise: [0.1, 0.2] })
    expect(whole).toMatchObject({ operator, noise: { kind: 'gaussian', std: [0.1, 0.2] }, dropped: 0 })
    const gaps = await json({ operator, values: [1, null, 3], noise: 0.1 })
    expect(gaps).toMatchObject({ operator: { kind: 'select', operator, indices: [0, 2] }, dropped: 1 })
    expect(y(gaps)).toEqual([1, 3])
  })

  const faults: [what: string, value: unknown, message: RegExp][] = [
    ['what is no JSON', '{"a": ', /a\.json: expected JSON/],
    ['a list', [], /found a list/],
    ['an unknown field', { sensor: [] }, /'sensor'\. Did you mean 'sensors'\?/],
    ['neither', { noise: 1 }, /a list `sensors`, or an `operator` with its `values`, found noise/],
    [
      'a sensor outside',
      { noise: 1, sensors: [{ x: 9, y: 0, value: 1 }] },
      /domain .* in sensors\[0\], .*found \(9, 0\)/,
    ],
    ['an unknown field of a sensor', { sensors: [{ z: 9 }] }, /field of sensors\[0\] among .*found 'z'/],
    ['units of another dimension', { units: { value: 'km' }, sensors: [] }, /'km', which are not of the same dimension as the problem's 'mg\/l'/], // prettier-ignore
    ['negative noise', { noise: -1, sensors: [] }, /positive noise, found -1/],
    ['a level too few', { operator: { kind: 'blur' }, values: [1, 2], noise: [1] }, /2 noise levels, .*found 1/],
    ['text as a value', { operator: { kind: 'blur' }, values: ['one'], noise: 1 }, /values\[0\], found "one"/],
  ]
  it.each(faults)('refuses %s', async (_, value, message) => {
    expect(await fault(json(value))).toMatch(message)
  })
})

describe('arrays', () => {
  const field = array(
    Float64Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? NaN : i)),
    [8, 8],
  )

  it('are cells of the grid; NaN is a gap', async () => {
    await writeNpy(path('a.npy'), field)
    const found = await readObservation(path('a.npy'), tank, { noise: 0.1 })
    const cells = Array.from({ length: 64 }, (_, i) => i).filter(i => i % 3 !== 0)
    expect(found).toMatchObject({ operator: { kind: 'mask', cells }, dropped: 22, noise: { std: 0.1 } })
    expect(y(found)).toEqual(cells)
  })

  it("from HDF5, at all times, or of an operator of one's own", async () => {
    await writeHdf5(path('a.h5'), { film: zeros('float32', [2, 8, 8]), sinogram: zeros('float64', [3, 4]) })
    const film = await readObservation(path('a.h5'), tank, { noise: 0.1, dataset: 'film' })
    expect(film.operator).toMatchObject({ kind: 'mask', time: 'all' })
    expect(film.y.shape).toEqual([128])
    const operator = { kind: 'line-integral', segments: [] }
    expect((await readObservation(path('a.h5'), tank, { noise: 1, dataset: 'sinogram', operator })).operator).toBe(
      operator,
    )
  })

  it('refuses another shape, no noise, infinite values and gaps only', async () => {
    await writeNpy(path('b.npy'), zeros('float64', [3]))
    expect(await fault(readObservation(path('b.npy'), tank, { noise: 1 }))).toMatch(
      /\[8, 8\] or \[2, 8, 8\].*found \[3\]/,
    )
    await writeNpy(path('c.npy'), zeros('float64', [8, 8]))
    expect(await fault(readObservation(path('c.npy'), tank))).toMatch(/a noise level, found none/)
    await writeNpy(path('d.npy'), array(new Float64Array(64).fill(Infinity), [8, 8]))
    expect(await fault(readObservation(path('d.npy'), tank, { noise: 1 }))).toMatch(
      /finite values, found Infinity at index 0/,
    )
    await writeNpy(path('e.npy'), array(new Float64Array(64).fill(NaN), [8, 8]))
    expect(await fault(readObservation(path('e.npy'), tank, { noise: 1 }))).toMatch(/gaps only/)
    await expect(readObservation(path('e.npy'), tank, { noise: 0 })).rejects.toThrow(/noise is 0/)
    expect(await fault(readObservation(path('none.csv'), tank))).toMatch(/nothing of that name/)
  })
})
