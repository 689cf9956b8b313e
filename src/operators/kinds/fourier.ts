/**
 * Chosen Fourier coefficients of a field, c(k) = mean of x exp(-2 pi i k . p / L) over the cell centres p: for a smooth
 * periodic field those of its Fourier series, whatever the resolution.
 */
import type { Grid } from '../../physics/grid.js'
import { derive, permutation } from '../../random.js'
import { defineEntry, drawInteger, integerRange, spaceOf } from '../entry.js'
import { rowsOfDense, type SparseRows } from '../sparse-rows.js'
import { instantsOf, observed, timeParameter } from '../times.js'
import { pointSchema, type Point } from './points.js'

function wavesOf(grid: Grid, list: readonly Point[], where: string): (readonly number[])[] {
  return list.map((wave, index) => {
    const k = typeof wave === 'number' ? [wave] : wave
    if (k.length !== grid.shape.length || !k.every((value, axis) => Number.isInteger(value) && 2 * Math.abs(value) <= grid.shape[axis]!)) // prettier-ignore
      throw new RangeError(`${where}[${index}] = [${k.join(', ')}]; wants one integer for each axis, at most half the cells of [${grid.shape.join(', ')}] in size`) // prettier-ignore
    return k
  })
}

/** Rows cos and -sin of each wave, over N. The phase is exact: multiples of a turn are taken out in integers. */
function waveRows({ shape, size }: Grid, waves: readonly (readonly number[])[]): SparseRows {
  const dense = new Float64Array(2 * waves.length * size)
  const [, ny = 1] = shape
  waves.forEach((k, index) => {
    for (let cell = 0; cell < size; cell++) {
      const place = shape.length === 1 ? [cell] : [Math.floor(cell / ny), cell % ny]
      const turns = k.reduce((sum, value, axis) => sum + ((value * (2 * place[axis]! + 1)) % (2 * shape[axis]!)) / (2 * shape[axis]!), 0) // prettier-ignore
      dense[2 * index * size + cell] = Math.cos(2 * Math.PI * turns) / size
      dense[(2 * index + 1) * size + cell] = -Math.sin(2 * Math.PI * turns) / size
    }
  })
  return rowsOfDense(dense, 2 * waves.length, size)
}

/** The waves of at most `max` along each axis, one of each pair k, -k, which are conjugate. */
function halfPlane({ shape }: Grid, max: number): number[][] {
  const [mx, my] = shape.map(n => Math.min(max, Math.floor(n / 2)))
  const along = Array.from({ length: mx! + 1 }, (_, k) => k)
  if (my === undefined) return along.map(k => [k])
  const across = Array.from({ length: 2 * my + 1 }, (_, k) => k - my)
  return along.flatMap(kx => across.filter(ky => kx > 0 || ky >= 0).map(ky => [kx, ky]))
}

/** y = (Re c(k), Im c(k)). Output [waves, 2]. Random: distinct waves, uniform among those up to `max`. */
export const fourier = defineEntry({
  name: 'fourier',
  description: 'Chosen Fourier coefficients: real and imaginary parts',
  parameters: {
    waves: {
      description: 'wave numbers [kx, ky] in cycles over the domain (k on a segment), integers up to half the cells',
      type: 'array',
      items: pointSchema,
      minItems: 1,
      required: true,
    },
    time: timeParameter,
  },
  create({ waves, time }, context) {
    const space = spaceOf(context, 'fourier')
    const { domain, path } = context
    const chosen = wavesOf(space.grid, waves, `${path}.waves`)
    return observed('fourier', domain, [chosen.length, 2], instantsOf(space, time, path), waveRows(space.grid, chosen)) // prettier-ignore
  },
  random: {
    parameters: {
      count: { description: 'number of waves, or the range it is drawn from', ...integerRange, required: true },
      max: {
        description: 'largest wave number along an axis',
        type: 'integer',
        minimum: 1,
        default: 8,
      },
      time: timeParameter,
    },
    draw({ count, max, time }, key, context) {
      const { path } = context
      const all = halfPlane(spaceOf(context, 'fourier').grid, max)
      const n = drawInteger(count, derive(key, 'count'), `${path}.count`)
      if (n > all.length) throw new RangeError(`${path}.count = ${n}; there are ${all.length} waves up to ${max}`)
      return { kind: 'fourier', waves: [...permutation(derive(key, 'waves'), all.length).subarray(0, n)].map(k => all[k]!), time } // prettier-ignore
    },
  },
})
