/** What a thread sets up once to make any block of a task. */
import { simulateBlock, type Block } from './block.js'
import type { BlockTask } from './block-pool.js'
import { ofFamilies } from './families.js'
import { priorMoments } from './moments.js'
import { loadProblem } from './problems.js'

export async function blockMaker(task: BlockTask): Promise<(index: number) => Block> {
  const { shape, families, view, spectrum, key, options } = task
  const problem = await loadProblem(task.problem)
  const parts = ofFamilies(problem, problem.build(shape), families)
  const prior = { ...(await priorMoments(parts)), ...(spectrum && { spectrum }) }
  return index => simulateBlock(parts, prior, view, key, index, options)
}
