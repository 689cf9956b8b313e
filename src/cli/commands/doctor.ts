import { defineCommand, exitCodes } from '../command.js'

export const doctor = defineCommand({
  name: 'doctor',
  describe: 'Show versions, engines, devices and the speed of this machine, and what is missing',
  positionals: {},
  options: {
    json: { type: 'flag', describe: 'One JSON document on stdout' },
    threads: { type: 'number', integer: true, least: 1, describe: 'Threads to measure with (one for each processor)' },
    device: {
      type: 'choice',
      choices: ['auto', 'cpu', 'cuda', 'webgpu', 'coreml', 'dml'],
      describe: 'Where to measure, besides the CPU',
    },
  },
  examples: [['$0 doctor --json', 'the same for machines']],
  async run({ json, threads, device }, output) {
    const [{ examine }, { toText }] = await Promise.all([import('../doctor/examine.js'), import('../doctor/print.js')])
    const found = await examine({ threads, device: device === 'auto' ? undefined : device }, output)
    output.print(json ? JSON.stringify(found, null, 2) : toText(found))
    const wanted = found.devices.find(report => report.device === device)
    if (wanted && !wanted.usable) output.note(`invdiff: device '${wanted.device}' cannot be used: ${wanted.reason}`)
    return found.healthy && (wanted?.usable ?? true) ? exitCodes.ok : exitCodes.failure
  },
})
