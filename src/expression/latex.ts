/** A tree as LaTeX. */
import { comparisons, functions } from './functions.js'
import { needed, strength } from './print.js'
import type { Call, Tree } from './tree.js'

const greek = new Set(
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega'.split(' '), // prettier-ignore
)

/** sigma_max is a sigma with the upright subscript max, x1 an x with the subscript 1. */
function symbol(name: string): string {
  const [, base = name, digits = ''] = /^([A-Za-z]+)(\d*)$/.exec(name.split('_')[0]!) ?? []
  const word = (text: string): string =>
    greek.has(text) ? `\\${text}` : /^(\w|\d+)$/.test(text) ? text : `\\mathrm{${text}}`
  const rest = [digits, ...name.split('_').slice(1)].filter(part => part !== '')
  return word(base) + (rest.length > 0 ? `_{${rest.map(word).join(',')}}` : '')
}

/** The arguments of max(max(a, b), c), as they were written: a, b, c. */
const flat = (tree: Call): readonly Tree[] => {
  const first = tree.args[0]!
  return first.kind === 'call' && first.name === tree.name ? [...flat(first), ...tree.args.slice(1)] : tree.args
}

export function latex(tree: Tree): string {
  if (tree.kind === 'name') return symbol(tree.name)
  if (tree.kind === 'number') return String(tree.value).replace(/^(.*)e\+?(.*)$/, (_, m: string, p: string) => `${m === '1' ? '' : `${m} \\cdot `}10^{${p}}`) // prettier-ignore
  const { name } = tree
  const args = functions.get(name)?.arity === '2 or more' ? flat(tree) : tree.args
  const inner = args.map(latex)
  const wrapped = (k: number): string => `\\left(${inner[k]!}\\right)`
  const around = (k: number): string => {
    const arg = args[k]!
    const inside = arg.kind === 'call' ? arg.name : ''
    // A raised function or power of ten would be misread, so the base of a power is bare only if it is a plain symbol.
    if (name === '^' && k === 0) return inside === '' && !inner[k]!.includes('^') ? inner[k]! : wrapped(k)
    return inside === '/' || (strength(arg) >= needed(name, k) && !(inside === 'neg' && k === 1))
      ? inner[k]!
      : wrapped(k)
  }
  const comparison = comparisons.get(name)
  if (comparison) {
    const [a, b, yes, no] = inner as [string, string, string, string]
    return `\\begin{cases} ${yes} & \\text{if } ${a} ${comparison.tex} ${b} \\\\ ${no} & \\text{otherwise} \\end{cases}`
  }
  switch (name) {
    case 'neg':
      return `-${around(0)}`
    case '/':
      return `\\frac{${inner[0]!}}{${inner[1]!}}`
    case '^':
      return `${around(0)}^{${inner[1]!}}`
    case '*':
      return `${around(0)} \\cdot ${around(1)}`
    case '+':
    case '-':
      return `${around(0)} ${name} ${around(1)}`
    default: {
      const { tex } = functions.get(name)!
      return tex.includes('#') ? tex.replace('#', () => inner[0]!) : `${tex}\\left(${inner.join(', ')}\\right)`
    }
  }
}
