/** Connected components of a mask by 8-connectivity, as anomalib's (OpenCV's default) and kornia's are. */

/** Component of each pixel: 0 outside, then 1, 2, ...; `sizes[k]` pixels in component k (sizes[0] outside). */
export interface Components {
  readonly labels: Int32Array
  readonly sizes: readonly number[]
}

/**
 * Labels one picture in two passes: provisional labels joined by union-find, then numbered in the order of the rows
 * (A. Rosenfeld, J. Pfaltz 1966).
 *
 * @param inside tells whether a pixel (row by row) belongs to the mask.
 */
export function connectedComponents(inside: (i: number) => boolean, height: number, width: number): Components {
  const labels = new Int32Array(height * width)
  const parent: number[] = [0]
  const root = (k: number): number => {
    while (parent[k] !== k) k = parent[k] = parent[parent[k]!]!
    return k
  }
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (!inside(i)) continue
      const left = x > 0 ? labels[i - 1]! : 0
      const up = y > 0 ? labels[i - width]! : 0
      const upLeft = y > 0 && x > 0 ? labels[i - width - 1]! : 0
      const upRight = y > 0 && x + 1 < width ? labels[i - width + 1]! : 0
      let k = up || left || upLeft || upRight
      if (k === 0) parent.push((k = parent.length))
      // Only the upper right neighbour can belong to a component that the others do not touch.
      else if (up === 0 && upRight !== 0) {
        const [a, b] = [root(k), root(upRight)]
        parent[Math.max(a, b)] = Math.min(a, b)
      }
      labels[i] = k
    }
  return renumbered(labels, parent, root)
}

function renumbered(labels: Int32Array, parent: readonly number[], root: (k: number) => number): Components {
  const number = new Int32Array(parent.length)
  const sizes = [0]
  for (let k = 1; k < parent.length; k++) {
    if (parent[k] === k) {
      number[k] = sizes.length
      sizes.push(0)
    }
  }
  for (let k = 1; k < parent.length; k++) number[k] = number[root(k)]!
  for (let i = 0; i < labels.length; i++) {
    labels[i] = number[labels[i]!]!
    sizes[labels[i]!]!++
  }
  return { labels, sizes }
}
