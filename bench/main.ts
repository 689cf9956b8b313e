/**
 * `npm run bench`: this project beside PyTorch on the same networks, in turn, on the same threads.
 *
 * With `--only TEXT`, the cases whose name contains it: `--only samplers --no-peer` times the exact denoiser,
 * `--only physics` the solver of advection and diffusion, beside SciPy.
 *
 * Each round times one side, then the other, and takes each side's median; the ratio is that of a round, so a machine
 * whose speed drifts slows both. Between them it waits until the threads of the one no longer spin. Prints a table and writes bench/results/<time>.json.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Device } from '../src/compile/index.js'
import { key, normal } from '../src/random.js'
import { chain, mlp, residual, transformer, unet, type Network } from './networks.js'
import { forwardPass, matrixProduct, trainingStep, type Setting, type Timed } from './ours.js'
import { openPeer, type Peer } from './peer.js'
import { encoding } from './encode.js'
import { physics, physicsLines } from './physics.js'
import { line as samplingLine, sampling } from './samplers.js'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    rounds: { type: 'string', default: '7' },
    device: { type: 'string', default: 'cpu' },
    only: { type: 'string', default: '' },
    'no-peer': { type: 'boolean', default: false },
  },
})
const setting: Setting = { threads: Number(values.threads), device: values.device as Device }
const rounds = Number(values.rounds)

interface Case {
  readonly network: Network
  readonly kind: 'step' | 'forward'
  readonly repeats: number
}
const both = (network: Network, repeats: number): Case[] => [
  { network, kind: 'step', repeats },
  { network, kind: 'forward', repeats: 2 * repeats },
]
const everything: Case[] = [
  ...both(mlp(256, 1024), 30),
  ...both(mlp(64, 128), 200),
  ...both(residual(), 5),
  { network: chain(), kind: 'forward', repeats: 10 },
  ...both(transformer(), 20),
  ...both(unet(), 10),
]
const cases = everything.filter(c => `${c.network.name} ${c.kind}`.includes(values.only))

interface Row {
  readonly name: string
  readonly ours: number
  readonly peer: number | null
  readonly ratio: readonly number[]
  readonly gigaflops: number
  /** Of the fastest of five matrix products in the same round: a machine whose speed drifts slows both. */
  readonly shareOfPeak: number
  readonly compileMilliseconds: number
}

const sorted = (xs: readonly number[]): number[] => [...xs].sort((a, b) => a - b)
const median = (xs: readonly number[]): number => sorted(xs)[xs.length >> 1]!
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const PEAK = 1536
const peakFlops = 2 * PEAK ** 3

async function measure({ network, kind, repeats }: Case, peak: Timed, peer: Peer | null): Promise<Row> {
  const ours = await (kind === 'step' ? trainingStep : forwardPass)(network, setting)
  const flops = network.flops * (kind === 'step' ? 3 : 1)
  const question = { network: network.name, kind, repeats, threads: setting.threads }
  const sides = {
    ours: async () => median(await ours.milliseconds(repeats)),
    peer: async () => (peer ? median(await peer.milliseconds(question)) : NaN),
    peak: async () => Math.min(...(await peak.milliseconds(5))),
  }
  const times: Record<keyof typeof sides, number>[] = []
  for (let round = 0; round < rounds; round++) {
    const now = { ours: NaN, peer: NaN, peak: NaN }
    // Each after a rest; who is first changes, so that neither always follows the peak's heat and cold caches.
    for (const side of round % 2 === 0 ? (['ours', 'peer', 'peak'] as const) : (['peer', 'ours', 'peak'] as const)) {
      await pause(300)
      now[side] = await sides[side]()
    }
    times.push(now)
  }
  await ours.dispose()
  const middle = median(times.map(t => t.ours))
  return {
    name: `${network.name} ${kind}`,
    ours: middle,
    peer: peer ? median(times.map(t => t.peer)) : null,
    ratio: peer ? sorted(times.map(t => t.ours / t.peer)) : [],
    gigaflops: flops / middle / 1e6,
    shareOfPeak: median(times.map(t => (flops / t.ours / peakFlops) * t.peak)),
    compileMilliseconds: ours.compileMilliseconds,
  }
}

/** Float32 normals a second, in millions, on this one thread. */
function normalsPerSecond(): number {
  const out = new Float32Array(2 ** 20)
  const times = Array.from({ length: rounds + 1 }, (_, i) => {
    const start = performance.now()
    normal(key(1, 'bench', i), out)
    return performance.now() - start
  })
  return out.length / median(times.slice(1)) / 1e3
}

/** Whole processes of the command line, from start to exit. */
function startUp(): number {
  const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    execFileSync(process.execPath, [main, '--version'], { stdio: 'ignore' })
    return performance.now() - start
  })
  return median(times)
}

function line(row: Row): string {
  const [low, high] = [row.ratio[0], row.ratio.at(-1)]
  const ratio = row.peer === null ? '-' : `${median(row.ratio).toFixed(2)} (${low!.toFixed(2)} to ${high!.toFixed(2)})`
  return [
    row.name.padEnd(24),
    row.ours.toFixed(2).padStart(9),
    (row.peer?.toFixed(2) ?? '-').padStart(9),
    ratio.padStart(22),
    row.gigaflops.toFixed(0).padStart(8),
    row.shareOfPeak.toFixed(2).padStart(7),
    row.compileMilliseconds.toFixed(0).padStart(9),
  ].join(' ')
}

const asked = cases.length > 0 && !values['no-peer']
const opened = !asked ? 'not asked for' : await openPeer(setting.device === 'cuda' ? 'cuda' : 'cpu')
const peer = typeof opened === 'string' ? null : opened
const machine = `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${setting.threads} threads, ${setting.device}`
console.log(`${machine}; medians of ${rounds} rounds; peer: ${peer ? peer.name : `none (${opened as string})`}`)
console.log('case                      ours ms   peer ms  ours / peer (spread)  GFLOP/s of peak compile ms')
const peak = await matrixProduct(PEAK, setting)
const rows: Row[] = []
for (const c of cases) {
  const row = await measure(c, peak, peer)
  rows.push(row)
  console.log(line(row))
}
await peak.dispose()
peer?.close()
const startUpMilliseconds = startUp()
console.log(`start of the command line: ${startUpMilliseconds.toFixed(0)} ms`)
const millionNormals = normalsPerSecond()
console.log(`float32 normals: ${millionNormals.toFixed(0)} million a second on one core`)
const samplers = 'samplers'.includes(values.only) ? await sampling(rounds, setting) : []
for (const found of samplers) console.log(samplingLine(found))
const encode = 'encode'.includes(values.only) ? encoding(rounds) : null
if (encode !== null)
  console.log(`encode: ${encode.toFixed(2)} ms of processor time for an example, 64 measurements at 32x32`)
const transport = 'physics'.includes(values.only) ? await physics(rounds, !values['no-peer']) : null
if (transport) for (const text of physicsLines(transport)) console.log(text)
const results = fileURLToPath(new URL('../../bench/results', import.meta.url))
mkdirSync(results, { recursive: true })
const file = `${results}/${new Date().toISOString().replace(/[:.]/g, '-')}.json`
writeFileSync(
  file,
  JSON.stringify(
    {
      machine,
      rounds,
      peer: peer?.name ?? null,
      rows,
      startUpMilliseconds,
      millionNormals,
      samplers,
      encode,
      physics: transport,
    },
    null,
    2,
  ),
)
console.log(`written: ${file}`)
