/** The public surface: everything a user imports from 'invdiff'. */

// Random numbers as a function of a key and an index.
export { derive as subkey, integers, key, normal, normalQuantile, permutation, uniform, type Key } from './random.js'

// Formulas in text.
export { formula, FormulaError, type Formula } from './expression.js'

// tfjs functions as one ONNX graph.
export {
  compile,
  exportOnnx,
  probeDevice,
  resolveDevice,
  writeOnnx,
  type Arrays,
  type BoundaryArray,
  type CompileOptions,
  type Device,
  type DeviceChoice,
  type DeviceReport,
  type Executable,
  type ExportOptions,
  type Precision,
  type Signature,
  type TensorFunction,
  type TensorSpec,
  type TensorType,
} from './compile/index.js'

// Arrays and files.
export { array, assertShape, zeros, type NdArray } from './io/array.js'
export { FileError } from './io/error.js'
export { openHdf5, readHdf5 } from './io/hdf5.js'
export { createHdf5, writeHdf5 } from './io/hdf5-write.js'
export { readNpy, writeNpy } from './io/npy.js'
export { listNpz, readNpz, writeNpz } from './io/npz.js'
export { readArray } from './io/read.js'
export { openRun, readRunConfig, runState, type Run, type RunSpec } from './io/run-folder.js'
export { readSafetensors, writeSafetensors, type Safetensors } from './io/safetensors.js'
export { openZarr, readZarr } from './io/zarr.js'
export { createZarr, writeZarr } from './io/zarr-write.js'

// The physics: grids, priors, flows, and the solvers with their exact adjoints.
export {
  advectionDiffusion,
  heat,
  type AdvectionDiffusion,
  type AdvectionDiffusionOptions,
} from './physics/advection-diffusion.js'
export { formulaFlow, type FlowFormulas } from './physics/flow-formula.js'
export { channelFlow, doubleGyre, shearFlow, stillness, uniformFlow } from './physics/flows.js'
export { gaussianField, type GaussianField, type GaussianFieldOptions } from './physics/gaussian-field.js'
export { cellCoordinates, cellGrid, centers, faces, type Grid } from './physics/grid.js'
export { logNormalLaw, normalLaw, uniformLaw, type Law } from './physics/laws.js'
export { diskPrior, piecewisePrior, plumePrior, type ParametricPrior } from './physics/parametric.js'
export type { SideKind, SideName, Sides } from './physics/sides.js'
export type { InputName, Inputs, LinearMap, Solver } from './physics/solution.js'
export { steadyAdvectionDiffusion } from './physics/steady.js'
export { faceVelocity, streamFunction, type Flow, type Velocity } from './physics/velocity.js'

// Problems: how one is stated, and those that come with the package.
export {
  defineProblem,
  isGaussian,
  isParametric,
  type OperatorFamily,
  type Physics,
  type Prior,
  type Problem,
  type ProblemDefinition,
  type ProblemParts,
  type Quantity,
  type SolutionOperator,
  type Varying,
} from './problem.js'
export { shippedProblems, type ShippedProblem } from './run/problems.js'

// Diffusion processes: clock, path, reverse family, and the derivation with its checks.
export { ConditionError } from './pde/conditions.js'
export { derive, type Derivation, type DeriveOptions, type Statement } from './pde/derive.js'
export { pathOf, paths, type Path } from './pde/path.js'
export { diffusionProcess, terminalLaw, tweedie, type Kernel, type Process } from './pde/process.js'
export { type Entry, type Parameter, type Registry } from './pde/registry.js'
export { probabilityFlow, reverseFamily, type DenoiserCoefficients, type Increments } from './pde/reverse.js'
export { type ReverseFamily, type ScoreCoefficients } from './pde/reverse.js'
export { scheduleOfBeta, scheduleOfGamma, scheduleOfSigma, schedules, type Schedule } from './pde/schedule.js'
export { toJSON as derivationToJSON, toMarkdown as derivationToMarkdown } from './pde/trace.js'

// The forward and the reverse equation in one dimension, by finite volumes.
export {
  gridOf as lineGrid,
  solveForward,
  solveReverse,
  type Evolution,
  type Grid as LineGrid,
} from './pde/fokker-planck.js'

// Denoisers: what a sampler asks of a score, and those in closed form.
export { conditionOf, perSample, type Condition, type Denoiser } from './scores/denoiser.js'
export {
  densityDenoisers,
  gaussianDenoiser,
  gaussianPosteriorDenoiser,
  mixtureDenoiser,
  quadratureDenoiser,
  type Covariance,
  type GaussianComponent,
  type GaussianLaw,
  type GaussianPosterior,
  type QuadratureLaw,
} from './scores/exact/index.js'

// Samplers: steps of the reverse process, the loop they share, and the log-probability.
export {
  defineStep,
  logProb,
  openSampler,
  sample,
  steps,
  timeGrids,
  type AdaptiveStep,
  type Advance,
  type AnyStep,
  type Attempt,
  type Attempted,
  type Checkpoint,
  type Interval,
  type Level,
  type LogProbRequest,
  type Moments,
  type Progress,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
  type Samples,
  type Step,
  type TimeGrid,
} from './samplers/index.js'

// Processes compared with exact scores.
export { compareProcesses, type CompareOptions, type CompareRow, type Comparison } from './run/compare-processes.js'

// Measurement operators and noise: what was observed, built in or a user's own, and the laws that it keeps.
export {
  checkOperator,
  composeOperators,
  defineEntry as defineOperatorKind,
  defineOperator,
  drawOperator,
  encodingsWith,
  isLinear,
  itemwise,
  itemwise2,
  loadOperator,
  loadUserOperator,
  matrixOf,
  noiseFrom,
  noiseListing,
  operatorFrom,
  operatorLaws,
  operatorListing,
  operators,
  readOperatorFiles,
  registerOperator,
  rowsOperator,
  scaleOperator,
  selectOutputs,
  stackOperators,
  type CheckOptions,
  type Derivative,
  type LawResult,
  type LinearOperator,
  type MeasurementOperator,
  type Noise,
  type NoiseSpec,
  type OperatorDefinition,
  type OperatorEntry,
  type OperatorListing,
  type OperatorSpec,
  type Space,
  type SparseRows,
  type UserOperator,
} from './operators/index.js'

// Posteriors: a trained model and a measurement become samples, summaries and a report.
export {
  loadPosterior,
  openPosterior,
  type BatchOptions,
  type Draws,
  type GridOptions,
  type LogProbOptions,
  type Observation,
  type Posterior,
  type SamplingOptions,
} from './posterior.js'
export { defaultParameters, drawSetting, measurementOf, type Measurement, type Setting } from './run/setting.js'
export { loadProblem } from './run/problems.js'
export { shippedModel, shippedModels } from './run/shipped.js'
export { solve, type Solution, type SolveOptions } from './run/solve.js'

// Summaries of samples, and their distance from what is known; exact posteriors where these have a closed form.
export { relativeError } from './diagnostics/errors.js'
export { centralIntervals, moments, quantiles, type Moments as SampleMoments } from './diagnostics/summary.js'
export {
  adaptiveMetropolis,
  densePosterior,
  matrixFreePosterior,
  parallelTempering,
  pcn,
  type ChainDraws,
  type DensePosterior,
  type ExactPosterior,
  type LinearGaussianProblem,
  type TemperedDraws,
} from './diagnostics/exact/index.js'
export { referencePosterior, type Reference, type ReferenceOptions } from './run/reference.js'
export { referenceDistance, type ReferenceDistance } from './run/reference-distance.js'
export { readReference, type ReferenceCard, type StoredReference } from './run/reference-folder.js'

// Anomaly segmentation: models of sound pictures, restoration, maps and decisions, and the study of robust losses.
export { applySegment, type Applied, type ApplyOptions, type ApplyRow } from './run/segment/apply.js'
export { contaminate, type Contaminated, type ContaminateOptions } from './run/segment/contaminate.js'
export { calibrate, openDetector, type Detected, type Detector, type DetectOptions } from './run/segment/detect.js'
export { evaluateSegment, type Evaluation, type TestSet } from './run/segment/evaluate.js'
export { listPictures, openDataset, type Dataset, type Item } from './run/segment/folder.js'
export { loadSegmentModel, type SegmentModel, type SegmentModelSpec } from './run/segment/model.js'
export {
  keepAgreeing,
  openRestorer,
  type RestoreModel,
  type RestoreOptions,
  type Restorer,
} from './run/segment/restore.js'
export { segmentStudy, type StudyOptions } from './run/segment/study.js'
export { studyCsv, studyTable, type StudyRow } from './run/segment/study-text.js'
export { writeTextures, type WriteTexturesOptions } from './run/segment/textures/write.js'
export { lossOf, trainSegment, type TrainedSegment, type TrainSegmentOptions } from './run/segment/train.js'
export { physicsStudy, type PhysicsRow, type PhysicsStudyOptions } from './run/contaminated-physics.js'

// Trained models: export, samples in files, and a beginning for problems of one's own.
export { exportModel, type ExportedModel, type ExportModelOptions } from './run/export.js'
export { initOperator, initProblem, type Scaffold } from './run/init.js'
export { redrawReport } from './run/report.js'
export { sampleTo, type Sampled, type SampleOptions } from './run/sample.js'
export { trainProblem, type TrainedProblem, type TrainProblemOptions } from './run/train.js'
export { processes, type ProcessSpec } from './run/process.js'
