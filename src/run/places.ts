/** Where an operator measures, for pictures, and what to call it. */
import type { OperatorSpec } from '../operators/operator.js'
import type { Places } from '../report/content.js'

type Point = readonly number[]

export interface Placed {
  /** Such as `24 sensors`. */
  readonly name: string
  readonly places: { readonly places?: Places; readonly placeOf?: Int32Array }
}

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** @param m number of values. */
export function placesOf(operator: OperatorSpec, m: number): Placed {
  const points = operator.points as readonly Point[] | undefined
  if (points && (operator.kind === 'sensors' || operator.kind === 'sensor-series')) {
    const repeats = m / points.length
    // Series are [points, times], sensors at all times [times, points].
    const series = operator.kind === 'sensor-series'
    const placeOf = Int32Array.from({ length: m }, (_, i) => (series ? Math.floor(i / repeats) : i % points.length))
    const name = repeats === 1 ? counted(points.length, 'sensor') : `${counted(points.length, 'sensor')} at ${counted(repeats, 'time')}` // prettier-ignore
    return { name, places: { places: { kind: 'points', at: points }, ...(repeats > 1 && { placeOf }) } }
  }
  const segments = operator.segments as readonly (readonly [Point, Point])[] | undefined
  if (segments?.length === m)
    return { name: counted(m, 'line'), places: { places: { kind: 'segments', ends: segments } } }
  const footprints = operator.footprints as readonly (readonly [Point, Point])[] | undefined
  if (footprints?.length === m) {
    const centres = footprints.map(([low, high]) => low.map((v, axis) => (v + high[axis]!) / 2))
    return { name: counted(m, 'footprint'), places: { places: { kind: 'points', at: centres } } }
  }
  return { name: `${operator.kind}, ${counted(m, 'value')}`, places: {} }
}
