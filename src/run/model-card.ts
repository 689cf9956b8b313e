/** A model card in Markdown: what a model was trained on, what it cost, and how far it errs. */
import { environment } from '../io/environment.js'
import { parameterCount } from '../scores/networks.js'
import type { Varying } from '../problem.js'
import type { Evaluation } from './evaluate.js'
import type { Model, TrainingRecord } from './model-folder.js'
import { trainCommand } from './train-command.js'

const fixed = (value: number): string => value.toFixed(3)
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/** How the rows of a card were measured. */
export interface Measured {
  readonly rows: readonly Evaluation[]
  readonly command: string
  readonly draws: number
  readonly machine: string
}

/** The card of a model, with its errors where they were measured. */
export function modelCard({ spec, network }: Pick<Model, 'spec' | 'network'>, measured?: Measured): string {
  const { problem, shape, process, parametrisation, view, operators, training } = spec
  const range = (name: string, { low, high, units, describe }: Varying): string =>
    `- ${name}: ${describe}, ${low === high ? low : `${low} to ${high}`} ${units}`
  return `# ${problem}, process ${JSON.stringify(process.path)}

Posterior samples of an unknown on ${shape.join(' x ')} cells. ${parameterCount(network).toLocaleString('en')} parameters (${network.kind}),
parametrisation \`${parametrisation}\`, measurements shown as \`${view.encode}\`, coordinates \`${view.coordinates}\`${view.surrogate === undefined ? '' : `, correcting the Gaussian surrogate of the prior (${view.surrogate} axes)`}; schedule ${JSON.stringify(process.schedule)}.

${trainedText(training)}

It was trained, and may be trusted, within these ranges; outside of them \`invdiff solve\` warns:

${Object.entries(view.parameters)
  .map(([name, varying]) => range(name, varying))
  .join('\n')}
${range('noise', view.noise)}

and for these operators:

${operators.map(({ name, spec: operator }) => `- ${name}: \`${JSON.stringify(operator)}\``).join('\n')}
${measured ? `\n## Measured\n\n${evaluationTable(measured.rows, measured.draws)}\n\n\`${measured.command}\`, ${measured.machine}.\n` : ''}`
}

/** What the model was trained on, for how long, and by which command. */
function trainedText({ options, machine = 'two cores', loss, heldOut, ...training }: TrainingRecord): string {
  const time =
    training.seconds < 120 ? `${training.seconds.toFixed(0)} s` : `${(training.seconds / 60).toFixed(0)} minutes`
  const { data, simulations } = options ?? {}
  const examples = typeof data === 'string' ? `${simulations === undefined ? 'the' : `the first ${Number(simulations)}`} simulations in \`${data}\`` : 'simulations made meanwhile' // prettier-ignore
  const judged = heldOut === null ? '' : `, held-out loss ${heldOut.toFixed(4)}`
  const command = options && trainCommand(options)
  const made = command ? `\n\n\`\`\`sh\n${command}\n\`\`\`` : options ? `\n\nBy the library: \`trainProblem(${JSON.stringify(options)})\`.` : '' // prettier-ignore
  return `Trained on ${examples}: ${training.steps} steps of ${training.batch} in ${time} on ${machine}, seed ${training.seed}, loss \`${loss}\`${judged}.${made}`
}

/** `2 x Intel Xeon`, and the threads where their number was chosen. */
export function machineText(threads?: number): string {
  const { cpu, cores } = environment().hardware
  return `${cores} x ${cpu}${threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`}`
}

/** Errors against the exact posterior, beside those of as many exact draws. */
export function evaluationTable(rows: readonly Evaluation[], draws: number): string {
  const pair = (value: number, floor: number): string => `${fixed(value)} (${fixed(floor)})`
  return [
    `Errors against the exact posterior, pooled over ${rows[0]!.observations} held-out observations of each family with ${draws} draws each (in brackets those of`,
    'as many independent draws from the exact posterior); share of truths in central 90 % intervals.',
    '',
    '| operators | mean, relative L2 | deviation, relative L2 | covariance, relative Frobenius | cells | mass, line, point |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ family, mean, std, covariance, floor, coverage }) =>
        `| ${family} | ${pair(mean, floor.mean)} | ${pair(std, floor.std)} | ${pair(covariance, floor.covariance)} | ${percent(coverage.cells)} | ${percent(coverage.functionals)} |`,
    ),
  ].join('\n')
}
