/** Colours that stay apart for every eye (M. Okabe, K. Ito, 2008), and in print. */
export const ink = '#16191d'
export const blue = '#0072b2'
export const orange = '#d55e00'
export const green = '#009e73'
export const grey = '#6b7680'
export const grid = '#e6e9ec'

/** A transparent fill of `blue`. */
export const blueBand = (opacity: number): string => `rgba(0,114,178,${opacity})`

/** Lines of a chart's frame. */
export const axisStyle = { gridcolor: grid, zerolinecolor: '#b8bec4', linecolor: '#8a939b', ticks: 'outside', tickcolor: '#8a939b', automargin: true } as const // prettier-ignore
