import { defineCommand, exitCodes, UsageError } from '../command.js'

export const operators = defineCommand({
  name: 'operators',
  describe: 'List measurement operators and noise with their parameters, or check an operator of your own',
  positionals: {
    action: { type: 'text', describe: 'check, or leave it out for the list' },
    file: { type: 'text', describe: 'TypeScript or JavaScript file whose default export is the operator' },
  },
  options: {
    shape: { type: 'text', describe: 'Cells of the grid for an operator that is a function of the space (32x32)' },
    lengths: { type: 'text', describe: 'Extents of the grid, such as 2x1 (1 along each axis)' },
    times: { type: 'text', describe: 'Times of the field, such as 0,0.5,1 (none)' },
    json: { type: 'flag', describe: 'One JSON document instead of text' },
  },
  examples: [
    ['$0 operators', 'every kind with its parameters'],
    ['$0 operators check my-operator.ts --shape 32x32', 'its laws, with figures and what to do'],
  ],
  async run({ action, file, shape, lengths, times, json }, output) {
    if (action === undefined) {
      const [{ operatorListing }, { noiseListing }, { listingText }] = await Promise.all([
        import('../../operators/registry.js'),
        import('../../operators/noise-models/registry.js'),
        import('../operators-text.js'),
      ])
      const [kinds, noise] = [operatorListing(), noiseListing()]
      output.print(json ? JSON.stringify({ operators: kinds, noise }, null, 2) : listingText(kinds, noise))
      return exitCodes.ok
    }
    if (action !== 'check') throw new UsageError(`the action is '${action}'; it is check, or left out for the list`)
    if (file === undefined) throw new UsageError('the file is missing: invdiff operators check my-operator.ts')
    const [{ cellGrid }, { checkOperator }, { loadUserOperator }, { encodingsWith }, { noiseFrom }, { lawsText }] =
      await Promise.all([
        import('../../physics/grid.js'),
        import('../../operators/check.js'),
        import('../../operators/files.js'),
        import('../../operators/laws/encodings.js'),
        import('../../operators/noise-models/registry.js'),
        import('../operators-text.js'),
      ])
    const cells = numbers('shape', shape ?? '32x32', 'x')
    const extents = lengths === undefined ? cells.map(() => 1) : numbers('lengths', lengths, 'x')
    const levels = times === undefined ? undefined : numbers('times', times, ',')
    const rising = levels?.every((t, k) => k === 0 || t > levels[k - 1]!) ?? true
    if (!rising) throw new UsageError(`--times is '${times ?? ''}'; wants increasing numbers`)
    const grid = asUsage(() => cellGrid(cells, extents))
    const operator = await loadUserOperator(file, { grid, ...(levels && { times: levels }) })
    const noise = operator.noise && noiseFrom(operator.noise, operator.outputShape, `${file}: noise`)
    const results = checkOperator(operator, { encode: encodingsWith(noise), ...(noise && { noise }) })
    const holds = results.every(({ status }) => status !== 'fails')
    const { name, inputShape, outputShape } = operator
    const title = `${name}: [${inputShape.join(', ')}] to [${outputShape.join(', ')}]`
    output.print(json ? JSON.stringify({ name, inputShape, outputShape, holds, results }, null, 2) : lawsText(title, results)) // prettier-ignore
    return holds ? exitCodes.ok : exitCodes.failure
  },
})

function numbers(option: string, text: string, separator: string): number[] {
  const values = text.split(separator).map(part => (part.trim() === '' ? NaN : Number(part)))
  if (values.every(Number.isFinite)) return values
  throw new UsageError(`--${option} is '${text}'; wants numbers with ${separator} between them`)
}

/** A grid that cannot be is a fault of the command line. */
function asUsage<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
