import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const init = defineCommand({
  name: 'init',
  describe: 'Begin a problem or an operator of your own, from one that runs',
  positionals: { name: { type: 'text', describe: 'Folder of the new problem, or file of the new operator' } },
  options: { operator: { type: 'flag', describe: 'An operator, in one file' } },
  examples: [
    ['$0 init my-problem', 'a folder to train and solve at once'],
    ['$0 init my-instrument --operator', 'a file for operators check'],
  ],
  async run({ name, operator }, output) {
    if (!name) throw new UsageError('init: name the folder or the file to make')
    const { initOperator, initProblem } = await import('../../run/init.js')
    const { path, files } = await asUsage(() => (operator ? initOperator(name) : initProblem(name)))
    const own = /^[./]/.test(path) ? path : `./${path}`
    const next = operator ? `invdiff operators check ${path}` : `invdiff train ${own} --budget 1m`
    output.print(`${files.join('\n')}\nNext: ${next}`)
    return exitCodes.ok
  },
})
