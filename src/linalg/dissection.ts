/**
 * Nested dissection of a rectangular grid (George 1973): cut the box by a line of cells, eliminate both halves first and
 * the line last. The factors of the 5-point stencil on N cells then hold O(N log N) numbers and take O(N^1.5) operations;
 * in the natural order they hold 2 N^1.5 and take 2 N^2. A periodic axis is opened first, by a line of its own.
 */

/** A box of cells: the half-open interval [from, to) of each axis. */
type Box = readonly (readonly [from: number, to: number])[]

/**
 * The order of elimination: entry k is the cell (in C order) that is eliminated k-th.
 *
 * @param shape cells along each axis, one axis or two.
 * @param periodic whether the last cell of an axis is next to the first.
 */
export function dissection(shape: readonly number[], periodic: readonly boolean[]): Int32Array {
  const order = new Int32Array(shape.reduce((a, b) => a * b, 1))
  let end = order.length

  /** Writes the cells of a box to the places before `end`, last cell first. */
  function write(box: Box): void {
    const [[a, b], [c, d]] = [box[0]!, box[1] ?? [0, 1]]
    for (let i = b - 1; i >= a; i--) for (let j = d - 1; j >= c; j--) order[--end] = i * (shape[1] ?? 1) + j
  }

  const cut = (box: Box, axis: number, from: number, to: number): Box =>
    box.map((range, k) => (k === axis ? [from, to] : range))

  function dissect(box: Box): void {
    const extents = box.map(([from, to]) => to - from)
    const axis = extents[1] !== undefined && extents[1] > extents[0]! ? 1 : 0
    if (extents[axis]! <= 2) {
      write(box)
      return
    }
    const [from, to] = box[axis]!
    const middle = (from + to) >> 1
    write(cut(box, axis, middle, middle + 1))
    dissect(cut(box, axis, middle + 1, to))
    dissect(cut(box, axis, from, middle))
  }

  let box: Box = shape.map(n => [0, n] as const)
  periodic.forEach((closed, axis) => {
    const n = shape[axis]!
    if (!closed || n < 4) return
    write(cut(box, axis, 0, 1))
    box = cut(box, axis, 1, n)
  })
  dissect(box)
  return order
}
