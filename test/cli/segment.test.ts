import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { commandText } from '../../src/cli/commands/segment/values.js'
import { temporaryFolder } from '../io/helpers.js'
import { invoke } from './invoke.js'

const path = temporaryFolder()

it('writes textures, trains on them, finds anomalies and judges', async () => {
  const run = async (...line: string[]): Promise<string> => {
    const { code, out, err } = await invoke(['segment', ...line])
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    return out
  }
  const sizes = ['--train', '10', '--test', '2', '--defective', '2', '--size', '20x24']
  expect(await run('textures', path('sets'), '--texture', 'grid', ...sizes)).toContain('grid')
  const [category, model, out] = [path('sets/grid'), path('model'), path('out')]
  const short = ['--patch', '8', '--steps', '2', '--batch', '2', '--held-out', '0.4']
  expect(await run('train', category, '--out', model, '--loss', 'huber:delta=0.2', ...short)).toMatch(/2 steps .* on 6 pictures, 4 held out/) // prettier-ignore
  const levels = ['--t-forward', '100', '--t-reverse', '250', '--steps', '2', '--model', model]
  expect(await run('apply', `${category}/test/spot`, '--out', out, ...levels, '--false-positive-rate', '0.2')).toMatch(/of 2 pictures are anomalous .*from 4 held-out/) // prettier-ignore
  expect(await readFile(path('out/scores.csv'), 'utf8')).toMatch(/^id,score/)
  expect(existsSync(path('out/overlays/001.png'))).toBe(true)
  expect(await run('evaluate', category, ...levels, '--seen', 'spot')).toMatch(/defects +AUROC +AUPR +AUPRO[^]*\nseen [^]*\nunseen /) // prettier-ignore
  const pieces = [
    '--method',
    'mse',
    '--contamination',
    '0',
    '--seeds',
    '1',
    '--setting',
    '100,100',
    '--training-steps',
    '2',
  ]
  const study = ['study', '--out', path('study'), ...sizes.slice(0, 6), '--size', '16', '--patch', '8', ...pieces]
  expect(await run(...study)).toMatch(/Pixels, all defects:[^]*weave +0 % +100,100 +mse/)
  expect(await run('breakdown', '--loss', 'mse', '--contamination', '0.2', '--n', '200', '--seeds', '1')).toMatch(/0\.2 +\S+ \(1\.000\)/) // prettier-ignore
})

it.each([
  [['segment', 'aply'], "did you mean 'segment apply'"],
  [['segment', 'train'], 'name a folder of pictures'],
  [['segment', 'apply', '--treshold', '1'], "did you mean '--threshold'"],
  [['segment', 'study', '--setting', '100'], 'wants t_forward,t_reverse'],
  [['segment', 'study', '--method', 'hubre'], "did you mean 'huber'"],
  [['segment', 'textures', 'x', '--size', '3y'], "--size is '3y'"],
  [['segment', 'apply', '--resume', '--overwrite'], 'exclude each other'],
])('%j is a usage error', async (args, message) => {
  const { code, err } = await invoke(args)
  expect(code).toBe(2)
  expect(err).toContain(message)
})

it('tells a command line of what was given', () => {
  const values = { input: 'mvtec', out: 'runs/x', resume: true, keep: undefined, json: false, seen: ['a', 'b'], size: '64', npy: true } // prettier-ignore
  expect(commandText('segment study', values)).toBe('npx invdiff segment study mvtec --seen a --seen b --size 64 --npy')
})
