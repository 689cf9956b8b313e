import { existsSync, readFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a run was made with, as its `config.json` keeps it. */
export interface Environment {
  /** Of Node, of this package and of the packages it stands on. */
  versions: Record<string, string>
  hardware: { platform: string; arch: string; cpu: string; cores: number; memoryBytes: number }
}

interface Package {
  name?: string
  version?: string
  dependencies?: Record<string, string>
}

/** Versions and hardware of this process; what a computing device adds is the caller's to add. */
export function environment(): Environment {
  const folders = foldersAbove(dirname(fileURLToPath(import.meta.url)))
  const own = folders.map(folder => readPackage(folder)).find(found => found?.name === 'invdiff')
  const versions: Record<string, string> = { node: process.versions.node, invdiff: own?.version ?? 'unknown' }
  for (const name of Object.keys(own?.dependencies ?? {})) {
    const found = folders.map(folder => readPackage(join(folder, 'node_modules', name))).find(Boolean)
    if (found?.version) versions[name] = found.version
  }
  const processors = cpus()
  const hardware = {
    platform: `${platform()} ${release()}`,
    arch: arch(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
  }
  return { versions, hardware }
}

function foldersAbove(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...foldersAbove(parent)]
}

function readPackage(folder: string): Package | undefined {
  const file = join(folder, 'package.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Package) : undefined
}
