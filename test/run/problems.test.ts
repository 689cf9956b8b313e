import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { shippedProblems } from '../../src/run/problems.js'

describe('shippedProblems', () => {
  it('finds every problem of a checkout, and each can be imported', async () => {
    const problems = await shippedProblems()
    expect(problems.map(({ name }) => name)).toContain('conditional-densities')
    for (const { name, folder, module } of problems) {
      expect(existsSync(folder), name).toBe(true)
      expect(module).toMatch(/index\.ts$/)
      expect(Object.keys((await import(/* @vite-ignore */ module)) as object)).not.toEqual([])
    }
  })

  it('finds the same in the compiled package', async () => {
    const compiled = (await import('invdiff')).shippedProblems
    const problems = await compiled()
    expect(problems.map(({ name }) => name)).toEqual((await shippedProblems()).map(({ name }) => name))
    for (const { module } of problems) expect(module).toMatch(/dist\/problems\/.+\/index\.js$/)
  })
})
