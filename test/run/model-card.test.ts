/** The card of a model names the command that makes it. */
import { describe, expect, it } from 'vitest'
import { modelCard } from '../../src/run/model-card.js'
import { loadModel } from '../../src/run/model-folder.js'
import { trainCommand } from '../../src/run/train-command.js'
import { temporaryFolder } from '../io/helpers.js'
import { untrained } from './models.js'

const path = temporaryFolder()

describe('the command that makes a model', () => {
  it('leaves out what holds unless told', () => {
    expect(trainCommand({ problem: 'heat', surrogate: true, other: false })).toBe('npx invdiff train heat --surrogate')
    const usual = { problem: 'heat', process: 'vp', encode: 'lmmse', levels: 'log-normal', parametrisation: 'edm', seed: 0 } // prettier-ignore
    expect(trainCommand({ ...usual, budget: 1200 })).toBe('npx invdiff train heat --budget 20m')
    expect(trainCommand({ ...usual, budget: 90.5 })).toBe('npx invdiff train heat --budget 90.5s')
    expect(trainCommand({ ...usual, process: 've', levels: 'schedule', steps: 2400 })).toBe('npx invdiff train heat --process ve --levels schedule --steps 2400') // prettier-ignore
  })

  it('spells lists, shapes and words as a shell takes them', () => {
    const options = { problem: 'my problem.ts', shape: [16, 8], families: ['a', 'b'], data: "it's", simulations: 500 }
    expect(trainCommand(options)).toBe("npx invdiff train 'my problem.ts' --shape 16x8 --family a --family b --data 'it'\\''s' --simulations 500") // prettier-ignore
  })

  it('is none where only the library can do it', () => {
    expect(trainCommand({ problem: 'heat', network: { kind: 'mlp' } })).toBeNull()
  })
})

describe('the card', () => {
  it('says how the model was made, and how far it errs where that was measured', async () => {
    await untrained(path('model'))
    const model = await loadModel(path('model'))
    const options = { problem: model.spec.problem, steps: 10, data: 'd', simulations: 500 }
    const training = { ...model.spec.training, options, machine: '2 x CPU, 1 thread', steps: 10, seconds: 30 }
    const card = modelCard({ ...model, spec: { ...model.spec, training } })
    expect(card).toContain('npx invdiff train advection-diffusion/source --steps 10 --data d --simulations 500')
    expect(card).toContain('the first 500 simulations in `d`: 10 steps of 1 in 30 s on 2 x CPU, 1 thread, seed 0')
    expect(card).not.toContain('## Measured')
    const errors = { mean: 0.1, std: 0.2, covariance: 0.3 }
    const coverage = { cells: 0.9, functionals: 0.8 }
    const row = { family: 'sensors', ...errors, floor: errors, exact: null, coverage, cases: [], observations: 4, seconds: 1 } // prettier-ignore
    const measured = modelCard(model, { rows: [row], command: 'npx invdiff evaluate m', draws: 8, machine: '2 x CPU' })
    expect(measured).toContain('| sensors | 0.100 (0.100) | 0.200 (0.200) | 0.300 (0.300) | 90 % | 80 % |')
    expect(measured).toContain('`npx invdiff evaluate m`, 2 x CPU.')
    expect(measured).not.toContain('npx invdiff train')
  })
})
