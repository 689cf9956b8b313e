/** An examination as text for people. */
import type { Examination } from './examine.js'

export function toText({ versions, hardware, engines, devices, auto, threads, speeds, healthy }: Examination): string {
  const { cpu, cores, memoryBytes, platform, arch } = hardware
  const heads = ['invdiff', 'node', '@tensorflow/tfjs', 'onnxruntime-node'].map(
    name => `${name} ${versions[name] ?? '?'}`,
  )
  const lines = [
    heads.join(', '),
    `${platform}, ${arch}; ${cpu}, ${cores} processors; ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`,
    '',
    'Engines',
    ...engines.flatMap(({ engine, ...found }) => finding(engine, found)),
    '',
    'Devices of the engine onnx, in the order in which auto tries them',
    ...devices.flatMap(({ device, ...found }) => finding(device, found)),
    `  auto = ${auto} (the first that computes correctly and no slower than the CPU)`,
    '',
    `Speed, float32, ${threads.used} of ${threads.processors} threads`,
    ...speeds.map(
      ({ device, work, size, gflops, milliseconds }) =>
        `  ${device.padEnd(7)} ${gflops.toPrecision(3).padStart(6)} GFLOP/s  ${work}, ${size} (${milliseconds.toFixed(2)} ms)`,
    ),
    '',
    healthy ? 'invdiff is ready.' : 'invdiff cannot compute here: see the engine onnx and the device cpu above.',
  ]
  return lines.join('\n')
}

interface Finding {
  readonly usable: boolean
  readonly reason: string
  readonly remedy?: string
}

const finding = (name: string, { usable, reason, remedy }: Finding): string[] => [
  `  ${name.padEnd(10)} ${usable ? 'yes' : 'no '}  ${reason}`,
  ...(remedy === undefined ? [] : [`${' '.repeat(18)}-> ${remedy}`]),
]
