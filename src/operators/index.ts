/** The door of the room: what was observed, and with what noise. */
export { checkOperator, operatorLaws, type CheckOptions, type Encode, type Law, type LawResult } from './check.js'
export { composeOperators, scaleOperator, selectOutputs, stackOperators } from './combine.js'
export { defineOperator, registerOperator, type OperatorDefinition, type UserOperator } from './define.js'
export { defineEntry, type Domain, type OperatorEntry } from './entry.js'
export { loadOperator, loadUserOperator, readOperatorFiles } from './files.js'
export { itemwise, itemwise2 } from './itemwise.js'
export { encodingsWith } from './laws/encodings.js'
export { matrixOf, rowsOperator } from './linear.js'
export { loadUserFile } from './load.js'
export { noiseFrom, noiseListing } from './noise-models/registry.js'
export type { Noise, NoiseSpec } from './noise.js'
export {
  isLinear,
  type Derivative,
  type LinearOperator,
  type MeasurementOperator,
  type OperatorSpec,
  type Space,
} from './operator.js'
export { drawOperator, operatorFrom, operatorListing, operators, type OperatorListing } from './registry.js'
export type { Parameter, Parameters, Schema } from './schema.js'
export type { SparseRows } from './sparse-rows.js'
