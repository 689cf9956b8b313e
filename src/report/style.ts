/** The style of a page: dark on white, one column on a phone, two or three panels beside each other where they fit. */
export const style = `
:root { color-scheme: light; --line: #d5d9de; --soft: #55606b; }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; background: #fff; color: #16191d;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .2em 0 .5em }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line) }
p { max-width: 46rem; margin: .5em 0 }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem 1.25rem; margin: .8rem 0 1.2rem }
.panels.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)) }
.whole { grid-column: 1 / -1 }
figure { margin: 0; min-width: 0 }
figure h3 { font-size: 1rem; margin: .4rem 0 0 }
figcaption { margin-top: .3rem; max-width: 46rem; color: var(--soft); font-size: .875rem; line-height: 1.4 }
.plot { width: 100%; height: 19rem }
.wide .plot { height: 24rem }
.warnings { border: 1px solid #b45309; border-left-width: .4rem; background: #fff8ed; padding: .6rem 1rem; margin: 1rem 0 }
.warnings h2 { border: 0; margin: 0; font-size: 1rem }
.warnings ul { margin: .25rem 0; padding-left: 1.2rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .3rem 1.1rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
tbody th { font-weight: 500 }
th:last-child, td:last-child { padding-right: 0 }
pre { overflow-x: auto; background: #f5f6f8; padding: .8rem 1rem; font-size: .8125rem; line-height: 1.4 }
summary { cursor: pointer }
@media (max-width: 40rem) { body { padding: 1rem .75rem 3rem } h1 { font-size: 1.35rem } .plot, .wide .plot { height: 21rem }
  table { font-size: .875rem } th, td { padding-right: .7rem } }
@media print {
  @page { margin: 14mm 12mm }
  html { font-size: 12px }
  body { max-width: none; padding: 0; font-size: 12px }
  .panels { grid-template-columns: repeat(3, 1fr) } .panels.wide { grid-template-columns: repeat(2, 1fr) }
  .plot { height: 15rem } .wide .plot { height: 22rem }
  .plot .svg-container, .plot .main-svg { width: 100% !important; height: 100% !important }
  figure, tr, .warnings { break-inside: avoid } h2, h3, h2 + p { break-after: avoid }
  pre { white-space: pre-wrap; border: 1px solid var(--line) }
}
`
