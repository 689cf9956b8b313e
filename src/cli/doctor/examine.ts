/** What `invdiff doctor` finds out about a machine. */
import { availableParallelism } from 'node:os'
import { devices, probeDevice, resolveDevice, type Device, type DeviceReport } from '../../compile/index.js'
import { environment, type Environment } from '../../io/environment.js'
import type { Output } from '../output.js'
import { checkEngine, engines, type EngineReport } from './engines.js'
import { deviceRemedy, engineRemedy } from './remedies.js'
import { measure, works, type Speed } from './speed.js'

/** What to do where something is missing, if anything can be done. */
interface Remedied {
  readonly remedy?: string
}

export interface Examination extends Environment {
  readonly engines: readonly (EngineReport & Remedied)[]
  readonly devices: readonly (DeviceReport & Remedied)[]
  /** The device that `auto` resolves to. */
  readonly auto: Device
  /** Threads inside one operation: what there is, and what the speeds were measured with. */
  readonly threads: { readonly processors: number; readonly used: number }
  readonly speeds: readonly Speed[]
  /** Whether the engine `onnx` computes correctly on the CPU: all else is optional. */
  readonly healthy: boolean
}

export interface ExamineOptions {
  readonly threads?: number | undefined
  /** Where to measure besides the CPU; default: where `auto` leads. */
  readonly device?: Device | undefined
}

export async function examine(options: ExamineOptions, output: Output): Promise<Examination> {
  const reports: DeviceReport[] = []
  for (const device of devices) {
    output.progress(`trying device ${device}`)
    reports.push(await probeDevice(device))
    output.signal.throwIfAborted()
  }
  const auto = await resolveDevice('auto')
  const processors = availableParallelism()
  const used = options.threads ?? processors
  const speeds: Speed[] = []
  for (const report of reports.filter(({ device }) => device === 'cpu' || device === (options.device ?? auto)))
    for (const work of report.usable ? works(report) : []) {
      output.progress(`measuring on ${report.device}: ${work.name}`)
      speeds.push(await measure(work, report.device, used, output.signal))
    }
  // Last: tfjs-node makes itself tfjs' current backend.
  const found: EngineReport[] = []
  for (const engine of engines) {
    output.progress(`trying engine ${engine}`)
    found.push(await checkEngine(engine))
    output.signal.throwIfAborted()
  }
  return {
    ...environment(),
    engines: found.map(report => ({ ...report, ...remedied(report.usable, engineRemedy(report.engine)) })),
    devices: reports.map(report => ({ ...report, ...remedied(report.usable, deviceRemedy(report.device)) })),
    auto,
    threads: { processors, used },
    speeds,
    healthy:
      reports.some(({ device, usable }) => device === 'cpu' && usable) &&
      found.some(({ engine, usable }) => engine === 'onnx' && usable),
  }
}

const remedied = (usable: boolean, remedy: string | undefined): Remedied =>
  usable || remedy === undefined ? {} : { remedy }
