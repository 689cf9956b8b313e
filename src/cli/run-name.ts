/** The run folder of a problem, by its name or the path of a user's own: `runs/advection-diffusion-source`. */
export const runName = (problem: string): string =>
  `runs/${problem
    .replace(/(\/(index|problem))?\.[cm]?[jt]s$/, '')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')}`
