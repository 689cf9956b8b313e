import { figurePlace, type Figure } from './page.js'

/** A figure with its words. */
export interface Panel {
  readonly id: string
  readonly title: string
  readonly caption?: string
  readonly figure: Figure
}

/** Panels beside each other. */
export const panelGrid = (panels: readonly Panel[], wide = false): string =>
  panels.length === 0 ? '' : `<div class="panels${wide ? ' wide' : ''}">\n${panels.map(figurePlace).join('\n')}\n</div>`

/** The figures of panels by their ids, as `page` takes them. */
export const figuresOf = (panels: readonly Panel[]): Record<string, Figure> =>
  Object.fromEntries(panels.map(({ id, figure }) => [id, figure]))
