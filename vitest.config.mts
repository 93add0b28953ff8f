import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const minute = 60_000

/** Half of what the contract tests do is wait, so no core is spared. Projects that run together need the same number. */
const workers = Math.max(2, availableParallelism())

export default defineConfig({
  test: {
    projects: [
      // A minute is no bar of speed: a property with many runs takes seconds on a machine that has other things to do.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], maxWorkers: workers, testTimeout: minute } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          maxWorkers: workers,
          maxConcurrency: 8,
          testTimeout: 3 * minute,
          hookTimeout: 3 * minute,
          // GitHub's own parser imports JSON without attributes, which Node refuses; vite does not mind.
          server: { deps: { inline: [/@actions\/(workflow-parser|languageservice|expressions)/] } },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/support/lab/global-setup.ts',
          fileParallelism: false,
          testTimeout: 5 * minute,
          hookTimeout: 5 * minute,
        },
      },
      // A crowd for many deploys: `npm run test:load`, and not part of `npm test`.
      {
        test: {
          name: 'load',
          include: ['test/load/**/*.test.ts'],
          globalSetup: 'test/support/lab/global-setup.ts',
          fileParallelism: false,
          testTimeout: 55 * minute,
          hookTimeout: 5 * minute,
        },
      },
      // Versions of Compose, which are built from their source: `npm run test:compose`, and not part of `npm test`.
      {
        test: {
          name: 'compose',
          include: ['test/compose/**/*.test.ts'],
          globalSetup: 'test/support/lab/global-setup.ts',
          fileParallelism: false,
          testTimeout: 15 * minute,
          hookTimeout: 40 * minute,
        },
      },
      // Kills and cancels on real hosts: `npm run test:faults`, and not part of `npm test`.
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: 'test/support/lab/global-setup.ts',
          fileParallelism: false,
          testTimeout: 30 * minute,
          hookTimeout: 5 * minute,
        },
      },
      {
        test: {
          name: 'workflows',
          include: ['test/workflows/**/*.test.ts'],
          globalSetup: 'test/support/lab/global-setup.ts',
          fileParallelism: false,
          testTimeout: 10 * minute,
          hookTimeout: 10 * minute,
        },
      },
    ],
  },
})
