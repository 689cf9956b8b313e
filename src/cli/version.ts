import { readFileSync } from 'node:fs'

/** The version in package.json, which lies two folders above src/cli in a checkout and three above dist/src/cli. */
export function version(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../../' : '../../../'
  const text = readFileSync(new URL(`${folder}package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
