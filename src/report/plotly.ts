import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Where `npm run build` leaves Plotly, minified: beside this file in the package, in `dist` for the sources. */
const places = ['./plotly.min.js', '../../dist/src/report/plotly.min.js'].map(place => fileURLToPath(new URL(place, import.meta.url))) // prettier-ignore

/** The text of Plotly, safe inside a script element. Throws `Error` where the package was never built. */
export async function plotlySource(): Promise<string> {
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => undefined)
    if (text !== undefined) return text.replaceAll('</script', '<\\/script')
  }
  throw new Error(`report: no ${places[0]!}; it is made by: npm run build`)
}
