/** The gallery of `segment apply`: one page over the pictures beside it, highest scores first. */
import { escaped, number, paragraph, table } from '../../report/html.js'
import { style } from '../../report/style.js'

/** What was found in one picture. */
export interface ApplyRow {
  /** File name without extension. */
  readonly id: string
  /** The largest value of its map; NaN where it could not be read. */
  readonly score: number
  readonly anomalous: boolean
  /** Share of its pixels that is marked. */
  readonly share: number
  /** Why it could not be read, or null. */
  readonly fault: string | null
}

export interface GalleryContent {
  readonly title: string
  readonly summary: readonly string[]
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly rows: readonly ApplyRow[]
}

const own = `
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.2rem }
.sheet figure { border-top: 3px solid var(--line); padding-top: .4rem }
.sheet figure.marked { border-color: #b00020 }
.sheet .row { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: .25rem }
.sheet img { width: 100%; height: auto; display: block; image-rendering: pixelated; background: #eee }
#marked:checked ~ .sheet figure:not(.marked) { display: none }
`

/** The page as text. Pictures are read when they are scrolled to. */
export function galleryHtml({ title, summary, facts, rows }: GalleryContent): string {
  const found = rows.filter(row => row.fault === null).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
  const faults = rows.filter(row => row.fault !== null)
  const picture = (folder: string, id: string, what: string): string =>
    `<a href="${folder}/${encodeURIComponent(id)}.png"><img loading="lazy" src="${folder}/${encodeURIComponent(id)}.png" alt="${escaped(`${id}: ${what}`)}"></a>` // prettier-ignore
  const figure = ({ id, score, anomalous, share }: ApplyRow): string =>
    `<figure${anomalous ? ' class="marked"' : ''}><div class="row">${picture('overlays', id, 'what is marked')}${picture('restored', id, 'restored')}${picture('maps', id, 'map')}</div>` +
    `<figcaption>${escaped(id)}: score ${number(score)}, ${anomalous ? `anomalous (${number(100 * share, 2)} % marked)` : 'sound'}</figcaption></figure>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}${own}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${summary.map(paragraph).join('\n')}
${table([], facts)}
${faults.length > 0 ? `<div class="warnings" role="note"><h2>Not read</h2><ul>${faults.map(row => `<li>${escaped(row.fault!)}</li>`).join('')}</ul></div>` : ''}
<p>Each picture with what is marked, its restoration, and its map: the threshold lies in the middle of its colours.</p>
<input type="checkbox" id="marked"> <label for="marked">Anomalous pictures only</label>
<div class="sheet">
${found.map(figure).join('\n')}
</div>
</body>
</html>
`
}
