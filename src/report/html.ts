/** Words and tables of a page. */

/** Text as HTML shows it, in elements and in quoted attributes. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A number as a person reads it: `digits` significant ones, no exponent where it can be done without. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value)
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString('en-US')
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1).replace('e+', 'e')
  return String(Number(value.toPrecision(digits)))
}

/** `concentration [kg/m^3]`. */
export const withUnits = (name: string, units?: string): string => (units ? `${name} [${units}]` : name)

/** A table of escaped cells; the first column names its row. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell, j) => (j === 0 && tag === 'td' ? `<th scope="row">${escaped(cell)}</th>` : `<${tag}>${escaped(cell)}</${tag}>`)).join('') // prettier-ignore
  const header = head.length > 0 ? `<thead><tr>${cells(head, 'th')}</tr></thead>` : ''
  const body = rows.map(row => `<tr>${cells(row, 'td')}</tr>`).join('\n')
  return `<div class="scroll"><table>${header}<tbody>\n${body}\n</tbody></table></div>`
}

/** A titled part of the page; nothing where there is nothing to show. */
export const section = (title: string, ...parts: readonly string[]): string => {
  const inner = parts.filter(part => part !== '').join('\n')
  return inner === '' ? '' : `<section>\n<h2>${escaped(title)}</h2>\n${inner}\n</section>`
}

export const paragraph = (text: string): string => `<p>${escaped(text)}</p>`
