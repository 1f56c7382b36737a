import { defineConfig } from 'vitest/config'

const MINUTE = 60_000

export default defineConfig({
  test: {
    globalSetup: ['scripts/vitest-setup.ts'],
    // One less than there are cores by default, which on two cores leaves one of them idle.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'test/harness/**/*.test.ts',
            'scripts/**/*.test.ts'
          ],
          testTimeout: 20_000
        }
      },
      {
        extends: true,
        test: {
          name: 'architecture',
          include: ['test/architecture/**/*.test.ts'],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE
        }
      },
      {
        extends: true,
        test: {
          name: 'sim',
          include: ['test/sim/**/*.test.ts'],
          // Alone a test takes 20 s at most; not so beside others.
          testTimeout: 5 * MINUTE
        }
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 3 * MINUTE,
          hookTimeout: MINUTE
        }
      }
    ]
  }
})
