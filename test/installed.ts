/** The package as npm packs it, unpacked into an empty project beside links to the packages that it depends on. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

export interface Installed {
  /** The project. */
  readonly folder: string
  /** The package within it. */
  readonly installed: string
  /** What was packed. */
  readonly files: readonly string[]
}

export const dependencies = (): Record<string, string> =>
  (JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }).dependencies

export async function installPackage(): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'invdiff-package-'))
  const installed = join(folder, 'node_modules', 'invdiff')
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { shell: process.platform === 'win32' })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', join(folder, packed.filename), '--strip-components=1', '-C', installed])
  for (const name of Object.keys(dependencies())) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(resolve('node_modules', name), link, 'junction')
  }
  return { folder, installed, files: packed.files.map(({ path }) => path) }
}
