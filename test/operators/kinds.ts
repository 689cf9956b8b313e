/** Operators of every registered kind, which the laws run over. */
import type { OperatorSpec, Space } from '../../src/operators/operator.js'
import { cellGrid } from '../../src/physics/grid.js'

export const line: Space = { grid: cellGrid([14], [2]) }
export const plane: Space = { grid: cellGrid([6, 8], [1.5, 1]) }
export const lineInTime: Space = { ...line, times: [0, 0.25, 1] }
export const planeInTime: Space = { ...plane, times: [0, 0.25, 1] }

/** Some specifications of each kind, on a segment and on a rectangle. */
export const onLine: readonly OperatorSpec[] = [
  { kind: 'sensors', points: [0.1, 0.9, [2]] },
  { kind: 'mask', cells: [0, 3, 13] },
  { kind: 'block-mean', blocks: [5] },
  {
    kind: 'block-mean',
    footprints: [
      [0.1, 0.33],
      [[1], [2]],
    ],
  },
  { kind: 'blur', width: 0.2 },
  { kind: 'blur', width: 0.01, boundary: 'periodic', lattice: [5] },
  { kind: 'line-integral', segments: [[0.1, 1.7]] },
  { kind: 'fourier', waves: [0, 1, [7]] },
  { kind: 'flux', segments: [[0.3], [1.9]], velocity: ['1 + x * t'] },
]

export const onPlane: readonly OperatorSpec[] = [
  { kind: 'sensors', points: [[0, 0], [1.5, 1], [0.7, 0.31]] }, // prettier-ignore
  { kind: 'mask', observed: Array.from({ length: 6 }, (_, i) => Array.from({ length: 8 }, (_, j) => (i + j) % 3 === 0)) }, // prettier-ignore
  { kind: 'block-mean', blocks: [4, 3] },
  { kind: 'block-mean', footprints: [[[0.1, 0.1], [0.77, 0.2]], [[0, 0], [1.5, 1]]] }, // prettier-ignore
  { kind: 'blur', width: 0.1 },
  { kind: 'blur', width: 0.3, boundary: 'periodic', lattice: [3, 4] },
  { kind: 'line-integral', segments: [[[0, 0], [1.5, 1]], [[0.2, 0.9], [0.2, 0.1]]] }, // prettier-ignore
  { kind: 'line-integral', angles: 4, offsets: 5 },
  { kind: 'line-integral', angles: [0, 90], offsets: [0, 0.2] },
  { kind: 'fourier', waves: [[0, 0], [1, -2], [3, 4]] }, // prettier-ignore
  { kind: 'flux', segments: [[[1, 0], [1, 1]]], velocity: [1, 'x * y'] }, // prettier-ignore
]

export const anywhere = (size: number): readonly OperatorSpec[] => [
  { kind: 'log', offset: 1 },
  { kind: 'saturating', limit: 2 },
  { kind: 'expression', formula: 'c^2 / (k + c^2) + x * y * t', constants: { k: 1 } },
  { kind: 'matrix', values: [0, 1, 2].map(i => Array.from({ length: size }, (_, j) => Math.sin(i + j * j))), shape: [1, 3] }, // prettier-ignore
]

/** Combinations of what works everywhere. */
export const combined = (first: OperatorSpec, second: OperatorSpec, time = 'last'): readonly OperatorSpec[] => [
  { kind: 'compose', operators: [{ kind: 'blur', width: 0.2, time }, first, { kind: 'saturating', limit: 3 }] },
  { kind: 'compose', operators: [{ kind: 'blur', width: 0.2, time }, first] },
  { kind: 'stack', operators: [first, second] },
  { kind: 'stack', operators: [first, { kind: 'compose', operators: [{ kind: 'saturating' }, second] }] },
  { kind: 'scale', operator: first, factor: -2.5 },
  { kind: 'select', operator: second, indices: [2, 0] },
]

export const inTime: readonly OperatorSpec[] = [
  { kind: 'sensor-series', points: [0.3], times: [0.1, 1] },
  { kind: 'sensor-series', points: [0.3, 0.5] },
]

export const titleOf = (spec: OperatorSpec): string => JSON.stringify(spec).slice(0, 100)
