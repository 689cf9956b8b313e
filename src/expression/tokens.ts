/** The tokens of a formula, with everything refused that can be told from tokens alone, so that errors have a place. */
import { failing, suggest } from './error.js'
import { functions, reserved } from './functions.js'
import type { Source } from './tree.js'

const maxLength = 2000 // characters of a formula
const maxDepth = 50 // nested brackets and conditionals: mathjs descends about 20 frames for each

export interface Token {
  readonly kind: 'number' | 'name' | 'symbol'
  readonly text: string
  readonly at: number
}

const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.source
const name = /[A-Za-z][A-Za-z0-9_]*/.source
const symbol = /[<>=!]=|[-+*/^<>(),?:]/.source
const lexeme = new RegExp(`\\s*(?:(${number})|(${name})|(${symbol}))`, 'y')
const wholeName = new RegExp(`^${name}$`)

/** Whether the text can be a name: a letter followed by letters, digits and _. */
export const isName = (text: string): boolean => wholeName.test(text)

const refusals: readonly (readonly [characters: string, message: string])[] = [
  ['=', 'assignment and function definition are not supported; equality is =='],
  ['[]{}', 'matrices, indexing and objects are not supported'],
  ['"\'`', 'text is not supported; a formula holds numbers only'],
  ['.', 'property access and element-wise operators are not supported'],
  [';#', 'a formula is one expression'],
  ['!%', 'factorial and percent are not supported'],
]

export function tokens(source: Source): Token[] {
  const { text } = source
  const fail = failing(text)
  if (text.length > maxLength) fail(`the formula has ${text.length} characters, at most ${maxLength} are allowed`, 0)
  const found: Token[] = []
  const open: string[] = []
  const end = text.trimEnd().length
  for (lexeme.lastIndex = 0; lexeme.lastIndex < end;) {
    const token = nextToken(text, lexeme.lastIndex)
    const { at, kind } = token
    if (kind === 'number' && !Number.isFinite(Number(token.text))) fail(`${token.text} is too large for a float64`, at)
    if ('(?'.includes(token.text)) open.push(token.text)
    if (open.length > maxDepth) fail(`more than ${maxDepth} nested brackets and conditionals`, at)
    if (token.text === ')') open.length = Math.max(0, open.lastIndexOf('('))
    if (token.text === ':' && open.pop() !== '?')
      fail('ranges are not supported; ":" belongs to a condition, as in a < b ? c : d', at)
    found.push(token)
  }
  if (found.length === 0) fail('the formula is empty', 0)
  found.forEach((token, k) => checkToken(source, token, found[k - 1], found[k + 1]?.text === '('))
  return found
}

function nextToken(text: string, from: number): Token {
  const match = lexeme.exec(text)
  if (match) {
    const [, number, name, symbol] = match
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol'
    const lexical = (number ?? name ?? symbol)!
    return { kind, text: lexical, at: lexeme.lastIndex - lexical.length }
  }
  const at = from + text.slice(from).search(/\S/)
  const character = String.fromCodePoint(text.codePointAt(at)!)
  const reason = refusals.find(([characters]) => characters.includes(character))?.[1]
  return failing(text)(reason ?? `unexpected character ${JSON.stringify(character)}`, at)
}

function checkToken(source: Source, token: Token, before: Token | undefined, called: boolean): void {
  const fail = (message: string): never => failing(source.text)(message, token.at)
  const { kind, text } = token
  if (reserved.has(text)) fail(`"${text}" is not supported`)
  const follows = before && (before.kind !== 'symbol' || before.text === ')')
  if (follows && (kind !== 'symbol' || text === '(') && !(before.kind === 'name' && text === '('))
    fail('an operator is missing here; a product is written with *')
  if (before?.text === '*' && text === '*') fail('a power is written with ^')
  if (kind !== 'name') return
  const isFunction = functions.has(text)
  const known = [...source.variables, ...source.constants.keys()]
  const isValue = known.includes(text)
  if (called && isValue) fail(`"${text}" is not a function; a product is written with *`)
  if (called && !isFunction) fail(`unknown function "${text}"${suggest(text, [...functions.keys()], 'functions')}`)
  if (!called && isFunction) fail(`the function "${text}" needs its arguments in brackets`)
  if (!called && !isValue) fail(`unknown name "${text}"${suggest(text, known, 'known names')}`)
}
