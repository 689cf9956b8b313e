import type { Command } from '../command.js'
import { compare } from './compare.js'
import { compareProcesses } from './compare-processes.js'
import { compareTrainings } from './compare-trainings.js'
import { derive } from './derive.js'
import { doctor } from './doctor.js'
import { evaluate } from './evaluate.js'
import { exportCommand } from './export.js'
import { init } from './init.js'
import { operators } from './operators.js'
import { problems } from './problems.js'
import { reference } from './reference.js'
import { simulate } from './simulate.js'
import { report } from './report.js'
import { sample } from './sample.js'
import { solve } from './solve.js'
import { segmentApply } from './segment/apply.js'
import { segmentBreakdown } from './segment/breakdown.js'
import { segmentEvaluate } from './segment/evaluate.js'
import { segmentPhysics } from './segment/physics.js'
import { segmentStudy } from './segment/study.js'
import { segmentTextures } from './segment/textures.js'
import { segmentTrain } from './segment/train.js'
import { train } from './train.js'

const segment: readonly Command[] = [segmentTrain, segmentApply, segmentEvaluate, segmentStudy, segmentBreakdown, segmentPhysics, segmentTextures] // prettier-ignore

/** In the order of the help. */
export const commands: readonly Command[] = [
  doctor,
  operators,
  problems,
  reference,
  init,
  solve,
  sample,
  report,
  exportCommand,
  train,
  evaluate,
  simulate,
  compare,
  compareTrainings,
  derive,
  compareProcesses,
  ...segment,
]
