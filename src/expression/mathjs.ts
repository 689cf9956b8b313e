/** mathjs for plain numbers, its parser and its erf, loaded with the first formula: it takes a quarter of a second. */
import { createRequire } from 'node:module'

type Mathjs = Pick<typeof import('mathjs'), 'parse' | 'erf'>
let loaded: Mathjs | undefined
export const mathjs = (): Mathjs => (loaded ??= createRequire(import.meta.url)('mathjs/number') as Mathjs)
