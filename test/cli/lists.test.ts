/** Lists on the command line, and the command line that is named beside results. */
import { describe, expect, it } from 'vitest'
import { commandLine } from '../../src/cli/command-line.js'
import { invoke } from './invoke.js'

describe('compare-trainings', () => {
  it.each([
    [[], 'name a problem'],
    [['p', '--encode', 'lmmse,row'], "--encode is 'row'; did you mean 'raw'?"],
    [['p', '--process', 'vp,'], "--process is ''"],
    [['p', '--seeds', '0,x'], "--seeds is 'x', which is not an integer from 0"],
    [['p', '--simulations', '500,-1'], "--simulations is '-1'"],
    [['p', '--steps', '5', '--budget', '1m'], 'give --steps or --budget'],
    [['p', '--resume', '--overwrite'], 'exclude each other'],
    [['advection-diffusion/sauce'], "did you mean 'advection-diffusion/source'"],
    [['advection-diffusion/source', '--seeds', '1,1'], 'seeds are [1, 1]'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await invoke(['compare-trainings', ...args])
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})

it('a command line is made from what was given', () => {
  const values = { problem: 'p', process: ['ve', 'vp'], seeds: [], steps: 5, json: true, resume: true, shape: undefined, out: 'x' } // prettier-ignore
  expect(commandLine('compare-trainings', 'p', values)).toBe(
    'npx invdiff compare-trainings p --process ve,vp --steps 5',
  )
})
