/** The linear estimate that networks are shown: what one example of training costs, on a 32x32 field with 64 measurements. */
import { array } from '../src/io/array.js'
import { linearEstimator, linearStatistics } from '../src/operators/encode.js'
import { cellGrid } from '../src/physics/grid.js'
import { gaussianField } from '../src/physics/gaussian-field.js'
import { key, normal } from '../src/random.js'

const [ENTRIES, PAIRS] = [64, 16]

/** Milliseconds of processor time for an example, where an operator serves 16 pairs as in training: the median of rounds. */
export function encoding(rounds: number): number {
  const prior = gaussianField({ grid: cellGrid([32, 32]), boundary: 'neumann', length: 0.2 })
  const rows = array(normal(key(1), new Float64Array(ENTRIES * 1024)), [ENTRIES, 1024])
  const y = array(normal(key(2), new Float64Array(PAIRS * ENTRIES)), [PAIRS, ENTRIES])
  const noise = array(new Float64Array(ENTRIES).fill(1))
  const times = Array.from({ length: rounds + 1 }, () => {
    const start = process.cpuUsage()
    linearEstimator(linearStatistics(prior, rows), noise).mean(y)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000 / PAIRS
  })
  return times.slice(1).sort((a, b) => a - b)[rounds >> 1]!
}
