import type { Command } from '../command.js'
import { compareProcesses } from './compare-processes.js'
import { derive } from './derive.js'
import { doctor } from './doctor.js'
import { evaluate } from './evaluate.js'
import { operators } from './operators.js'
import { problems } from './problems.js'
import { solve } from './solve.js'
import { train } from './train.js'

/** In the order of the help. */
export const commands: readonly Command[] = [
  doctor,
  operators,
  problems,
  solve,
  train,
  evaluate,
  derive,
  compareProcesses,
]
