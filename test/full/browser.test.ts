/** Reports in a real browser, from disk: what a reader sees. Screenshots are kept in `artifacts/report`. */
import { existsSync } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeReport } from '../../src/report/report.js'
import { page } from '../../src/report/page.js'
import type { ReportContent } from '../../src/report/content.js'
import { fieldContent } from '../report/contents.js'

// CHROMIUM names another browser than Debian's.
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const why = existsSync(executablePath)
  ? undefined
  : `no browser at ${executablePath}: install chromium, or set CHROMIUM`
const folder = 'artifacts/report'

let browser: Browser | undefined
beforeAll(async () => {
  if (why) {
    console.warn(`skipped: ${why}`)
    return
  }
  await mkdir(folder, { recursive: true })
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
afterAll(() => browser?.close())

interface Seen {
  readonly page: Page
  readonly problems: string[]
}

/** Opens a page from disk; collects what the console complains of and every request that leaves the file. */
async function open(file: string, width: number): Promise<Seen> {
  const page = await browser!.newPage({ viewport: { width, height: 900 } })
  const problems: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', error => problems.push(`error: ${error.message}`))
  page.on('request', request => {
    const inside = /^(data|blob):/.test(request.url()) || request.url() === pathToFileURL(file).href
    if (!inside) problems.push(`request: ${request.url()}`)
  })
  await page.goto(pathToFileURL(file).href)
  await page.waitForFunction(`document.querySelectorAll('.plot:not(.js-plotly-plot)').length === 0`)
  return { page, problems }
}

/** How many `.plot` elements hold what a selector names. */
const plotsWith = (page: Page, selector: string): Promise<number> => page.locator(`.plot:has(${selector})`).count()

/** The width of the widest plot as it was drawn. */
const widest = (page: Page): Promise<number> =>
  page.evaluate<number>(
    `Math.max(...[...document.querySelectorAll('.plot .main-svg')].map(e => e.width.baseVal.value))`,
  )

/** How far the page, and its widest plot, reach to the right. */
const reach = (page: Page): Promise<number> =>
  page.evaluate<number>(
    `Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('.plot .main-svg')].map(e => e.getBoundingClientRect().right))`,
  )

const contents: Record<string, { content: ReportContent; plots: number; maps: number }> = {
  map: { content: fieldContent([32, 32]), plots: 15, maps: 10 },
  'map-lines': { content: fieldContent([48, 24], 24, 'segments'), plots: 14, maps: 10 },
  curve: { content: fieldContent([64], 9), plots: 7, maps: 0 },
}

describe.skipIf(why !== undefined)('the report in a browser', () => {
  for (const [name, { content, plots, maps }] of Object.entries(contents))
    it(`${name}: draws on screen, phone and paper, in silence`, async () => {
      const file = join(process.cwd(), folder, `${name}.html`)
      await writeReport(file, content)
      expect((await stat(file)).size).toBeLessThan(6e6)

      const { page, problems } = await open(file, 1280)
      expect(await page.locator('.plot').count()).toBe(plots)
      expect(await plotsWith(page, '.main-svg .xtick')).toBe(plots)
      expect(await plotsWith(page, '.heatmaplayer image')).toBe(maps)
      if (name === 'map') expect(await page.locator('#mean .point').count()).toBe(24)
      expect(await reach(page)).toBeLessThanOrEqual(1280)
      await page.screenshot({ path: join(folder, `${name}-screen.png`), fullPage: true })

      await page.setViewportSize({ width: 375, height: 800 })
      await expect.poll(() => reach(page)).toBeLessThanOrEqual(375)
      await page.screenshot({ path: join(folder, `${name}-phone.png`), fullPage: true })

      await page.setViewportSize({ width: 1280, height: 900 })
      await expect.poll(() => widest(page)).toBeGreaterThan(375)
      await page.pdf({ path: join(folder, `${name}.pdf`), format: 'A4', printBackground: true })
      await page.emulateMedia({ media: 'print' })
      await page.setViewportSize({ width: 718, height: 1000 }) // A4 between its margins
      expect(await reach(page)).toBeLessThanOrEqual(718)
      expect(problems).toEqual([])
      await page.close()
    })

  it('notices a request and an error (so that its silence means something)', async () => {
    const file = join(process.cwd(), folder, 'loud.html')
    await writeFile(file, await page('Loud', '<img src="http://localhost:9/a.png"><script>absent()</script>', {}))
    const seen = await open(file, 800)
    expect(seen.problems.join('\n')).toMatch(/request: http:\/\/localhost:9/)
    expect(seen.problems.join('\n')).toMatch(/absent is not defined/)
    await seen.page.close()
  })
})
