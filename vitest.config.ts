import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/full/**', 'test/compile/tfjs-ops/**'],
          testTimeout: 60_000,
          // Native engines do not unload cleanly from threads; a process for each file also bounds their memory.
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'full',
          include: ['test/full/**/*.test.ts'],
          testTimeout: 600_000,
          pool: 'forks',
          maxWorkers: 1,
        },
      },
    ],
  },
})
