import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const main = 'dist/src/cli/main.js'
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** What a module needs to start: the packages that it imports, through every file of ours, not counting `import()`. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>()
  if (seen.has(file)) return found
  seen.add(file)
  // Awaited imports at the start count; those inside a command's run do not.
  const awaited = file.endsWith('main.ts') ? [...readFileSync(file, 'utf8').matchAll(/import\('([^']+)'\)/g)] : []
  const fixed = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)(?:[^'"]*? from )?'([^']+)'/gm)]
  for (const [, name] of [...fixed, ...awaited]) {
    if (!name!.startsWith('.')) found.add(name!)
    else
      for (const inner of packagesOf(normalize(join(dirname(file), name!)).replace(/\.js$/, '.ts'), seen))
        found.add(inner)
  }
  return found
}

describe('the program', () => {
  it('starts without tfjs, mathjs or an engine', () => {
    const needed = [...packagesOf('src/cli/main.ts')].filter(name => !name.startsWith('node:'))
    expect(needed.sort()).toEqual(['fastest-levenshtein', 'yargs'])
    // The same reading of imports does see what a command loads.
    expect([...packagesOf('src/cli/doctor/examine.ts')]).toContain('@tensorflow/tfjs')
  })

  it('prints its version', async () => {
    for (const args of [['--version'], ['doctor', '--version']]) {
      const { stdout } = await promisify(execFile)(process.execPath, [main, ...args])
      expect(stdout).toBe(`${version}\n`)
    }
  })

  it('exits with 2 and an empty stdout on a typo', async () => {
    const failed = promisify(execFile)(process.execPath, [main, 'doctro'])
    await expect(failed).rejects.toMatchObject({ code: 2, stdout: '' })
    await expect(failed).rejects.toThrow("did you mean 'doctor'?")
  })

  it('ends quietly when its reader has seen enough', async () => {
    const line = `"${process.execPath}" ${main} derive ve; echo "code $?" >&2`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `(${line}) | head -1`])
    expect(stdout).toMatch(/^# The process/)
    expect(stderr).toBe('code 0\n')
  })

  it.skipIf(process.platform === 'win32')('exits with 130 on Ctrl-C', async () => {
    const child = spawn(process.execPath, [main, 'doctor'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.on('data', (text: Buffer) => (err += text.toString()))
    const ended = new Promise(resolve => child.once('exit', resolve))
    setTimeout(() => child.kill('SIGINT'), 1500)
    expect(await ended).toBe(130)
    expect(err).toContain('invdiff: interrupted')
  })
})
