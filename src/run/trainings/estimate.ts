/** How long a comparison will still take, from what its pieces took. */

export interface Estimator {
  /** A piece begins; shares of the length of a whole training: its own, and of those that follow. */
  begin(piece: { readonly share: number; readonly later: number }): void
  /** Seconds left for all, where it is known how long the training at hand still takes, or how long others took. */
  seconds(trainingLeft?: number): number | null
  end(): void
}

export function estimator(now: () => number = () => performance.now() / 1000): Estimator {
  let [began, share, later, finished, spent] = [0, 1, 0, 0, 0]
  return {
    begin(piece) {
      began = now()
      share = piece.share
      later = piece.later
    },
    seconds(trainingLeft) {
      const gone = now() - began
      // Of a whole training: as those that are done, or as this one comes out.
      const whole = finished > 0 ? spent / finished : trainingLeft === undefined ? null : (gone + trainingLeft) / share
      if (whole === null) return null
      return Math.max(trainingLeft ?? 0, share * whole - gone, 0) + later * whole
    },
    end() {
      spent += now() - began
      finished += share
    },
  }
}
