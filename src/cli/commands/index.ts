import type { Command } from '../command.js'
import { compareProcesses } from './compare-processes.js'
import { derive } from './derive.js'
import { doctor } from './doctor.js'

/** In the order of the help. */
export const commands: readonly Command[] = [doctor, derive, compareProcesses]
