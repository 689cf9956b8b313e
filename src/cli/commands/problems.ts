import { defineCommand, exitCodes } from '../command.js'

export const problems = defineCommand({
  name: 'problems',
  describe: 'List the problems that come with the package: unknown, prior, physics, operators, noise, units',
  positionals: {},
  options: { json: { type: 'flag', describe: 'One JSON document' } },
  examples: [['$0 problems', 'what can be solved']],
  async run({ json }, output) {
    const [{ solvableProblems }, { listingOf, listingText }] = await Promise.all([
      import('../../run/problems.js'),
      import('../../run/problem-listing.js'),
    ])
    const listings = (await solvableProblems()).map(listingOf)
    output.print(json ? JSON.stringify(listings, null, 2) : listings.map(listingText).join('\n\n'))
    return exitCodes.ok
  },
})
