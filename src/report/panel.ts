import { figurePlace, type Figure, type FigurePlace } from './page.js'

/** A figure with its words. */
export interface Panel extends FigurePlace {
  readonly figure: Figure
}

/** Panels beside each other: two to a row, or three. */
export const panelGrid = (panels: readonly Panel[], columns: 2 | 3): string =>
  panels.length === 0
    ? ''
    : `<div class="panels${columns === 2 ? ' wide' : ''}">\n${panels.map(figurePlace).join('\n')}\n</div>`

/** The figures of panels by their ids, as `page` takes them. */
export const figuresOf = (panels: readonly Panel[]): Record<string, Figure> =>
  Object.fromEntries(panels.map(({ id, figure }) => [id, figure]))
