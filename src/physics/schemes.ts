/**
 * Singly diagonally implicit Runge-Kutta schemes for dc/dt = -L(t) c + F(t), as tables. Stage i solves
 *
 *   (I + d dt L(t + theta_i dt)) Y_i = sum_{j < i} w_ij Y_j + d dt F(t + theta_i dt),   Y_0 = c,
 *
 * and the last stage is the new state: no product with L, one matrix for all stages where the flow is steady, and in the
 * limit of large dt L a state that forgets the old one (L-stable).
 *
 * `sdirk2` is the default. Crank-Nicolson, of order 2 too, carries the sharpest modes on with factor -1, which is an
 * oscillation; TR-BDF2 has the very stability function of sdirk2, (1 + (1 - 2d) z)/(1 - d z)^2, at the price of a product.
 */
export interface Scheme {
  readonly order: number
  readonly d: number
  readonly stages: readonly { readonly theta: number; readonly weights: readonly number[] }[]
  /** No new extremes while dt max L_ii is at most this, for an M-matrix L: the radius of absolute monotonicity. */
  readonly monotone: number
}

const d = 1 - Math.SQRT1_2

export const schemes = {
  /** R. Alexander, SIAM J. Numer. Anal. 14 (1977): d = 1 - 1/sqrt 2. */
  sdirk2: {
    order: 2,
    d,
    stages: [
      { theta: d, weights: [1] },
      { theta: 1, weights: [-Math.SQRT2, 1 + Math.SQRT2] },
    ],
    monotone: 1 + Math.SQRT2,
  },
  'backward-euler': { order: 1, d: 1, stages: [{ theta: 1, weights: [1] }], monotone: Infinity },
} as const satisfies Record<string, Scheme>

export type SchemeName = keyof typeof schemes
