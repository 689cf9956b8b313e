/** The laws of what goes with an operator: its noise, and how its measurements are shown to a network. */
import { array, elements, shapeText } from '../../io/array.js'
import { derive } from '../../random.js'
import type { Noise } from '../noise.js'
import { inputs, type Law, type Subject } from './law.js'

/** Measurements that moments are taken of. */
const draws = 2000
/** Standard errors; a sound noise exceeds them once in two million checks. */
const allowed = 5

const noNoise = ({ noise }: Subject): string | undefined => (noise ? undefined : 'no noise is stated')

/** Residuals over their standard deviations, row by row: mean of each row, and mean square. */
function standardised({ A, key, ...subject }: Subject, noise: Noise): { means: Float64Array; squares: Float64Array } {
  const clean = A.apply(inputs({ A, key, ...subject }, 'x'))
  const values = elements(clean)
  const m = values.length
  const R = noise.covariance(clean)
  const std = values.map((_, k) => Math.sqrt(R.shape.length === 2 ? R.get(k, k) : R.get(k)))
  const many = new Float64Array(draws * m)
  for (let r = 0; r < draws; r++) many.set(values, r * m)
  const y = elements(noise.sample(array(many, [draws, ...clean.shape]), derive(key, 'noise')))
  const average = (f: (z: number) => number): Float64Array =>
    Float64Array.from({ length: draws }, (_, r) => {
      let sum = 0
      for (let k = 0; k < m; k++) sum += std[k] === 0 ? f(y[r * m + k]! - values[k]!) : f((y[r * m + k]! - values[k]!) / std[k]!) // prettier-ignore
      return sum / m
    })
  return { means: average(z => z), squares: average(z => z * z) }
}

/** How many standard errors the mean of independent values lies away from `expected`. */
function away(values: Float64Array, expected: number): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1)
  if (variance === 0) return mean === expected ? 0 : Infinity
  return Math.abs(mean - expected) / Math.sqrt(variance / values.length)
}

const moments: Law = {
  name: 'noise moments',
  bound: `<= ${allowed} standard errors`,
  remedy: 'noise.sample does not have the mean `clean` and the variance that noise.covariance states.',
  after: ['shapes', 'determinism'],
  silent: noNoise,
  try(subject) {
    const { means, squares } = standardised(subject, subject.noise!)
    const figures = [away(means, 0), away(squares, 1)]
    const figure = Math.max(...figures)
    return { figure, holds: figure <= allowed, says: `mean ${figures[0]!.toFixed(1)} and variance ${figures[1]!.toFixed(1)} standard errors from theirs, over ${draws} draws` } // prettier-ignore
  },
}

const rows: Law = {
  name: 'noise by row',
  bound: '= 0',
  remedy: 'Row i of a batch has to use the random numbers of measurement start + i alone: see src/random.ts.',
  after: ['shapes', 'determinism', 'batched = looped'],
  silent: noNoise,
  try(subject) {
    const { A, key } = subject
    const clean = A.apply(inputs(subject, 'x batch', 3))
    const m = clean.size / 3
    const all = elements(subject.noise!.sample(clean, key))
    const last = elements(subject.noise!.sample(array(elements(clean).slice(2 * m), [1, ...A.outputShape]), key, 2))
    const figure = last.reduce((max, value, k) => Math.max(max, Math.abs(value - all[2 * m + k]!)), 0)
    return { figure, holds: figure === 0, says: 'the third row of a batch, and the same measurement alone' }
  },
}

const encodings: Law = {
  name: 'encodings',
  bound: '= 0',
  remedy: 'What the network is shown has to be finite and on the grid of the unknown.',
  after: ['shapes', 'determinism', 'batched = looped', '<A x, v> = <x, A^T v>'],
  silent: ({ encode }) => (encode ? undefined : 'no encoding is asked for'),
  try(subject) {
    const { A } = subject
    const found = Object.entries(subject.encode!(A, A.apply(inputs(subject, 'x'))))
    const faults = found.flatMap(([name, a]) => {
      if (shapeText(a.shape.slice(1)) !== shapeText(A.inputShape)) return [`${name} has shape ${shapeText(a.shape)}, not [channels, ${A.inputShape.join(', ')}]`] // prettier-ignore
      const bad = (elements(a) as Float64Array).findIndex(value => !Number.isFinite(value))
      return bad < 0 ? [] : [`${name} is ${String(elements(a)[bad])} at element ${bad}`]
    })
    const shown = found.map(([name, { shape }]) => `${name} ${shapeText(shape)}`).join(', ')
    return { figure: faults.length, holds: faults.length === 0, says: faults.length > 0 ? faults.join('; ') : `finite: ${shown}` } // prettier-ignore
  },
}

export const measurementLaws: readonly Law[] = [moments, rows, encodings]
