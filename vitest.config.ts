import { defineConfig } from 'vitest/config'

const packages = `${import.meta.dirname}/node_modules/@tensorflow`
/** Tests that need modules of their own: they spy on one, or list what is registered. */
const alone = ['test/compile/lazy.test.ts', 'test/operators/laws.test.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/full/**', 'test/compile/tfjs-ops/**', ...alone],
          testTimeout: 60_000,
          // Native engines do not unload cleanly from threads. Files share a process: tfjs, mathjs and the engine load once.
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: { name: 'alone', include: alone, pool: 'forks', maxWorkers: 2 },
      },
      {
        // tfjs-core's own tests import its modules one by one: everything must, so that there is one tfjs only.
        resolve: {
          alias: [
            { find: /^@tensorflow\/tfjs$/, replacement: `${packages}/tfjs-core/dist/index.js` },
            { find: /^@tensorflow\/(tfjs-core|tfjs-backend-cpu)$/, replacement: `${packages}/$1/dist/index.js` },
            { find: /^@tensorflow\/(tfjs-core|tfjs-backend-cpu)\/dist\//, replacement: `${packages}/$1/dist/` },
          ],
        },
        test: {
          name: 'ops',
          include: ['test/compile/tfjs-ops/*.test.ts'],
          setupFiles: ['test/compile/tfjs-ops/setup.ts'],
          globals: true,
          server: { deps: { inline: [/@tensorflow/] } },
          testTimeout: 60_000,
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
          maxWorkers: 2,
        },
      },
    ],
  },
})
