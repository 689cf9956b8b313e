/**
 * Operators of ours (domain `invdiff`) in terms of standard ONNX. A kernel records one where the best standard form
 * depends on the device; a device's own lowering (cpu.ts) goes first, this one takes what is left.
 */
import type { Node, Value } from '../value.js'
import { rewrite } from './rewrite.js'

/** A rule gives the values that replace a node's outputs, or null to keep it. Inputs are rewritten already. */
const rules: Readonly<Record<string, (node: Node) => readonly Value[]>> = {}

export const lowerPortably = (outputs: readonly Value[]): readonly Value[] =>
  rewrite(outputs, node => (node.domain === 'invdiff' ? rules[node.op]!(node) : null))
