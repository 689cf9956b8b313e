/** Which devices ONNX Runtime can really use here: each is tried in a process of its own, on a small graph. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Device } from './session.js'

export type DeviceChoice = Device | 'auto'

export interface DeviceReport {
  readonly device: Device
  readonly usable: boolean
  /** Why not, or what was measured. */
  readonly reason: string
  /** Milliseconds of the small graph's best run. */
  readonly milliseconds?: number
}

/** In the order in which `auto` tries them. */
export const devices: readonly Device[] = ['cuda', 'coreml', 'dml', 'webgpu', 'cpu']

const platforms: Partial<Record<Device, readonly NodeJS.Platform[]>> = {
  cuda: ['linux', 'win32'],
  coreml: ['darwin'],
  dml: ['win32'],
}

const probes = new Map<Device, Promise<DeviceReport>>()

/** Tries a device once for each process. A driver that crashes or prints does so elsewhere. */
export function probeDevice(device: Device): Promise<DeviceReport> {
  const known = probes.get(device) ?? probe(device)
  probes.set(device, known)
  return known
}

async function probe(device: Device): Promise<DeviceReport> {
  const wanted = platforms[device]
  if (wanted && !wanted.includes(process.platform))
    return { device, usable: false, reason: `exists on ${wanted.join(' and ')} only` }
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../../dist/src/compile/probe.js' : './probe.js', import.meta.url),
  )
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, device], { timeout: 60_000 })
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as DeviceReport
  } catch (error) {
    return { device, usable: false, reason: `its test process failed: ${(error as Error).message.split('\n')[0]!}` }
  }
}

/** `auto`: the first device that computes correctly and no slower than the CPU (a software GPU is slower). */
export async function resolveDevice(choice: DeviceChoice): Promise<Device> {
  if (choice !== 'auto') {
    if (choice === 'cpu') return choice
    const report = await probeDevice(choice)
    if (!report.usable)
      throw new Error(
        `device '${choice}' cannot be used: ${report.reason}. See 'invdiff doctor', or use device 'cpu' or 'auto'.`,
      )
    return choice
  }
  const cpu = await probeDevice('cpu')
  for (const device of devices) {
    const report = await probeDevice(device)
    if (report.usable && report.milliseconds! <= cpu.milliseconds!) return device
  }
  return 'cpu'
}
