/** A model card in Markdown: what a model was trained on, what it cost, and how far it errs. */
import { parameterCount } from '../scores/networks.js'
import type { Varying } from '../problem.js'
import type { Evaluation } from './evaluate.js'
import type { Model } from './model-folder.js'

const fixed = (value: number): string => value.toFixed(3)
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

/**
 * @param command that measured the rows, to be named beside them.
 * @param machine that it ran on.
 */
export function modelCard(
  { spec, network }: Model,
  rows: readonly Evaluation[],
  { command, draws, machine }: { readonly command: string; readonly draws: number; readonly machine: string },
): string {
  const { problem, shape, process, parametrisation, view, operators, training } = spec
  const range = (name: string, { low, high, units, describe }: Varying): string =>
    `- ${name}: ${describe}, ${low === high ? low : `${low} to ${high}`} ${units}`
  const minutes = (training.seconds / 60).toFixed(0)
  return `# ${problem}, process ${JSON.stringify(process.path)}

Posterior samples of an unknown on ${shape.join(' x ')} cells. ${parameterCount(network).toLocaleString('en')} parameters (${network.kind}),
parametrisation \`${parametrisation}\`, measurements shown as \`${view.encode}\`, coordinates \`${view.coordinates}\`; schedule ${JSON.stringify(process.schedule)}.

Trained on simulations made meanwhile: ${training.steps} steps of ${training.batch} in ${minutes} minutes on two cores, seed ${training.seed}, loss \`${training.loss}\`${
    training.heldOut === null ? '' : `, held-out loss ${training.heldOut.toFixed(4)}`
  }.

It was trained, and may be trusted, within these ranges; outside of them \`invdiff solve\` warns:

${Object.entries(view.parameters)
  .map(([name, varying]) => range(name, varying))
  .join('\n')}
${range('noise', view.noise)}

and for these operators:

${operators.map(({ name, spec: operator }) => `- ${name}: \`${JSON.stringify(operator)}\``).join('\n')}
${rows.length === 0 ? '' : `\n## Measured\n\n${evaluationTable(rows, draws)}\n\n\`${command}\`, ${machine}.\n`}`
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
