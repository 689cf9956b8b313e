import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The floors of the house: imports go downwards, or sideways on one floor while acyclic. */
const floors: Record<string, number> = {
  'src/random.ts': 0,
  'src/random': 0,
  'src/expression.ts': 0,
  'src/expression': 0,
  'src/io': 0,
  'src/linalg': 0,
  'src/compile': 0,
  'src/pde': 1,
  'src/physics': 1,
  'src/operators': 1,
  'src/scores': 2,
  'src/samplers': 3,
  'src/training': 3,
  'src/diagnostics': 4,
  'src/report': 4,
  'src/problem.ts': 5,
  'src/problem': 5,
  'src/posterior.ts': 6,
  'src/run': 6,
  'src/cli': 7,
  'src/index.ts': 7,
}

/** Arrows that point downwards or sideways and are forbidden all the same. */
const forbidden: [from: string, to: string][] = [
  ['src/samplers', 'src/scores/unet'],
  ['src/scores', 'src/operators'],
  ['src/pde', 'src/physics'],
  ['src/physics', 'src/pde'],
]

const within = (file: string, room: string): boolean => file === room || file.startsWith(`${room}/`)
const roomOf = (file: string): string | undefined => Object.keys(floors).find(room => within(file, room))

/** Relative imports, re-exports and dynamic imports of a source text, resolved to files of the repository. */
export function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(m => m[1]!)
  return specifiers.map(s => normalize(join(dirname(file), s)).replace(/\.js$/, '.ts'))
}

export function faults(graph: Map<string, string[]>): string[] {
  const found: string[] = []
  for (const [file, targets] of graph) {
    const from = roomOf(file)
    if (!from) found.push(`${file} is in no room of the house`)
    for (const target of targets) {
      const to = roomOf(target)
      if (!to) found.push(`${file} imports ${target}, outside src or in no room`)
      else if (from && floors[to]! > floors[from]!) found.push(`${file} imports upwards: ${target}`)
      for (const [a, b] of forbidden)
        if (within(file, a) && target.startsWith(b)) found.push(`${file} may not import ${target}`)
    }
  }
  return [...found, ...cycles(graph)]
}

function cycles(graph: Map<string, string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      found.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`)
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => `src/${file}`)
const graph = new Map(sources.map(file => [file, importsOf(file, readFileSync(file, 'utf8'))]))

describe('architecture', () => {
  it('every import resolves to a file', () => {
    const missing = [...graph].flatMap(([file, targets]) =>
      targets.filter(t => !existsSync(t) && !t.endsWith('.json')).map(t => `${file} -> ${t}`),
    )
    expect(sources.length).toBeGreaterThan(0)
    expect(missing).toEqual([])
  })

  it('imports go downwards and make no cycle', () => {
    expect(faults(graph)).toEqual([])
  })

  it('finds an upward arrow, a forbidden one, a cycle and a file outside every room', () => {
    const bad = new Map([
      ['src/pde/a.ts', ['src/scores/b.ts']],
      ['src/scores/b.ts', ['src/operators/c.ts']],
      ['src/operators/c.ts', ['src/pde/a.ts']],
      ['src/attic.ts', []],
    ])
    const text = faults(bad).join('\n')
    for (const word of ['imports upwards', 'may not import', 'cycle:', 'in no room']) expect(text).toContain(word)
  })

  it('reads every form of import', () => {
    const text = `import a from './a.js'\nexport * from "../b/c.js"\nawait import('./d.js')\nimport './e.js'`
    expect(importsOf('src/x/y.ts', text)).toEqual(['src/x/a.ts', 'src/b/c.ts', 'src/x/d.ts', 'src/x/e.ts'])
  })
})
