/** What a report shows, as plain data: whoever runs a problem fills it in, and the report only draws. */
import type { NdArray } from '../io/array.js'
import type { Grid } from '../physics/grid.js'

export interface ReportContent {
  readonly title: string
  /** What was asked and what came out; paragraphs of plain text. */
  readonly summary: readonly string[]
  /** What a reader must know before trusting the rest; shown first. */
  readonly warnings: readonly string[]
  readonly unknown: Unknown
  /** The field behind the observation, where it is known, [...grid.shape]. */
  readonly truth?: NdArray
  readonly posterior: PosteriorContent
  readonly observation: ObservationContent
  /** What the posterior says of the measurements, [m] each. */
  readonly predicted?: PredictedContent
  readonly calibration?: CalibrationContent
  /** Rows of a table: quantity, value, and what it means. */
  readonly figures?: readonly Fact[]
  readonly budget: BudgetContent
  /** As resolved; printed as JSON. */
  readonly config: unknown
}

/** One line of a table. */
export interface Fact {
  readonly name: string
  readonly value: number | string
  readonly note?: string
}

export interface Unknown {
  /** Such as `initial concentration`. */
  readonly name: string
  readonly units?: string
  /** Of one axis (curves) or two (maps). */
  readonly grid: Grid
  /** Names and units of the axes; x and y unless given. */
  readonly axes?: readonly { readonly name: string; readonly units?: string }[]
}

/** Summaries over the samples, [...grid.shape] each. */
export interface PosteriorContent {
  /** Samples behind the summaries. */
  readonly n: number
  readonly mean: NdArray
  readonly std: NdArray
  /** A few of them, [k, ...grid.shape]; six at most are drawn. */
  readonly samples: NdArray
  /** Central intervals; bands around curves. */
  readonly intervals?: readonly Interval[]
}

/** The ends of the central interval of probability `level` of each entry. */
export interface Interval {
  readonly level: number
  readonly low: NdArray
  readonly high: NdArray
}

export interface ObservationContent {
  /** Such as `24 sensors`. */
  readonly name: string
  readonly units?: string
  /** [m] */
  readonly values: NdArray
  /** Standard deviation of the noise, [m]. */
  readonly std: NdArray
  readonly places?: Places
  /** Index of the place of each value; value i belongs to place i unless given. */
  readonly placeOf?: ArrayLike<number>
  /** Of each value, such as the name of its sensor. */
  readonly labels?: readonly string[]
}

/** Where was measured: [x] or [x, y] in the units of the grid. */
export type Places =
  | { readonly kind: 'points'; readonly at: readonly (readonly number[])[] }
  | { readonly kind: 'segments'; readonly ends: readonly (readonly [from: readonly number[], to: readonly number[]])[] }

export interface PredictedContent {
  /** [m] */
  readonly mean: NdArray
  /** Central intervals of the posterior predictive, noise included; 0.5 and 0.9 are usual. */
  readonly intervals: readonly Interval[]
}

export interface CalibrationContent {
  /** What it was measured on, such as `256 draws for each of 20 held-out observations`. */
  readonly source: string
  readonly rows: readonly CoverageRow[]
}

/** How often central intervals of one level held the truth. */
export interface CoverageRow {
  /** Such as `pixels` or `total mass`. */
  readonly quantity: string
  readonly level: number
  readonly covered: number
  /** Where 95 % of calibrated posteriors fall, where that is known. */
  readonly band?: readonly [low: number, high: number]
}

export interface BudgetContent {
  readonly denoiserCalls: number
  readonly forwardSolves: number
  readonly wallSeconds: number
  readonly peakMemoryBytes: number
}
