import { defineCommand, exitCodes } from '../command.js'
import type { Derived } from '../../run/derive-page.js'
import type { Output } from '../output.js'

export const derive = defineCommand({
  name: 'derive',
  describe: 'Derive a diffusion process from its path and schedule, and check every statement numerically',
  positionals: { path: { type: 'text', describe: 've, vp, vp-k or subvp; or leave it out and give --xi' } },
  options: {
    xi: { type: 'text', describe: 'The path as a formula of sigma, such as (1+sigma^3)^(-1/3)' },
    schedule: { type: 'text', describe: 'geometric (default), exponential-rate, linear-beta, cosine or karras' },
    sigma: { type: 'text', describe: 'The schedule as a formula sigma(t), such as 0.01*(50/0.01)^t' },
    gamma: { type: 'text', describe: 'The schedule as a formula gamma(t) = d(sigma^2)/dt' },
    beta: { type: 'text', describe: 'The schedule as a formula beta(t), for the path at hand' },
    alpha: {
      type: 'list',
      describe: 'Member of the reverse family: a number, or a formula of t and sigma (0, 1 and 2)',
    },
    k: { type: 'number', describe: 'Exponent of the path vp-k' },
    'sigma-min': { type: 'number', describe: 'sigma at t = 0, for geometric and karras' },
    'sigma-max': { type: 'number', describe: 'sigma at t = 1, for geometric, cosine and karras' },
    rho: { type: 'number', describe: 'Exponent of karras' },
    'beta-min': { type: 'number', describe: 'beta at t = 0, for linear-beta' },
    'beta-max': { type: 'number', describe: 'beta at t = 1, for linear-beta' },
    a: { type: 'number', describe: 'Growth of the diffusion in exponential-rate' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Of the random points and particles (0)' },
    json: { type: 'flag', describe: 'One JSON document instead of Markdown' },
    output: { type: 'text', describe: 'File to write instead of stdout' },
    html: { type: 'text', describe: 'File for a page: densities over time with particles on top, and the checks' },
  },
  examples: [
    ['$0 derive ve', 'variance exploding'],
    ['$0 derive vp-k --k 1 --alpha 0 --alpha "1-t"', 'the flow-matching path, two reverse processes'],
    ['$0 derive vp --html vp.html', 'a page of densities over time, particles on top'],
    ['$0 derive --xi "(1+sigma^3)^(-1/3)" --sigma "0.01*(50/0.01)^t"', 'formulas of your own'],
  ],
  async run(values, output) {
    const [{ derived }, { toJSON, toMarkdown }] = await Promise.all([
      import('../derivation.js'),
      import('../../pde/trace.js'),
    ])
    const found = derived(values)
    const { derivation } = found
    const text = values.json ? toJSON(derivation) : toMarkdown(derivation)
    if (values.output === undefined) output.print(text)
    else {
      const { writeFileAtomic } = await import('../../io/atomic.js')
      await writeFileAtomic(values.output, text)
      output.note(`wrote ${values.output}`)
    }
    if (values.html !== undefined) await writePage(values.html, found, output)
    if (derivation.holds) return exitCodes.ok
    const failed = derivation.statements.flatMap(({ checks }) => checks.filter(({ holds }) => !holds))
    for (const { name, at = '', residual, tolerance } of failed)
      output.note(
        `does not hold: ${name} ${at}: residual ${residual.toExponential(1)}, tolerance ${tolerance.toExponential(1)}`,
      )
    return exitCodes.failure
  },
})

async function writePage(file: string, found: Derived, output: Output): Promise<void> {
  const [{ derivationPage }, { writeFileAtomic }] = await Promise.all([
    import('../../run/derive-page.js'),
    import('../../io/atomic.js'),
  ])
  output.progress('drawing densities and particles')
  await writeFileAtomic(file, await derivationPage(found))
  output.note(`wrote ${file}`)
}
