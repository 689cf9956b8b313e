/** Masks: the values of some cells as they are. */
import { derive, permutation } from '../../random.js'
import { defineEntry, drawNumber, numberRange, spaceOf } from '../entry.js'
import { unitRows } from '../sparse-rows.js'
import { instantsOf, observed, timeParameter } from '../times.js'

/** y = x at the observed cells, in C order. Output [cells]. Random: a share of the cells, uniform among all such sets. */
export const mask = defineEntry({
  name: 'mask',
  description: 'The cells that are observed, as they are',
  parameters: {
    cells: {
      description: 'indices of the observed cells in C order: i ny + j; or give `observed`',
      type: 'array',
      items: { type: 'integer', minimum: 0 },
      minItems: 1,
    },
    observed: {
      description: 'true where a cell is observed, for every cell in C order, flat or by rows; or give `cells`',
      type: 'array',
      items: { anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'boolean' } }] },
    },
    time: timeParameter,
  },
  create({ cells, observed: flags, time }, context) {
    const space = spaceOf(context, 'mask')
    const { domain, path } = context
    const { shape, size } = space.grid
    if ((cells === undefined) === (flags === undefined)) throw new RangeError(`${path}: a mask has either cells or observed`) // prettier-ignore
    const flat = flags?.flat()
    if (flat && flat.length !== size) throw new RangeError(`${path}.observed has ${flat.length} entries; the grid [${shape.join(', ')}] has ${size}`) // prettier-ignore
    const which = cells ?? flat!.flatMap((seen, k) => (seen ? [k] : []))
    if (which.length === 0) throw new RangeError(`${path}.observed is false everywhere: nothing is observed`)
    const beyond = which.findIndex(cell => cell >= size)
    if (beyond >= 0) throw new RangeError(`${path}.cells[${beyond}] = ${which[beyond]!}; the grid [${shape.join(', ')}] has cells 0 to ${size - 1}`) // prettier-ignore
    return observed('mask', domain, [which.length], instantsOf(space, time, path), unitRows(size, which))
  },
  random: {
    parameters: {
      fraction: {
        description: 'share of the cells that is observed, or the range it is drawn from',
        required: true,
        ...numberRange,
      },
      time: timeParameter,
    },
    draw({ fraction, time }, key, context) {
      const { grid } = spaceOf(context, 'mask')
      const share = drawNumber(fraction, derive(key, 'fraction'), `${context.path}.fraction`)
      if (share > 1) throw new RangeError(`${context.path}.fraction = ${share}; a share is at most 1`)
      const count = Math.max(1, Math.round(share * grid.size))
      const cells = permutation(derive(key, 'cells'), grid.size).subarray(0, count).sort()
      return { kind: 'mask', cells: [...cells], time }
    },
  },
})
