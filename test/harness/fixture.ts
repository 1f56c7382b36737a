import { test as base } from 'vitest'
import { TestBed } from './test-bed.ts'

/** vitest's `test` with a {@link TestBed} that is disposed in any case; a failure prints the daemons' logs. */
export const test = base.extend<{ bed: TestBed }>({
  bed: async ({ task }, use) => {
    await using bed = new TestBed()
    await use(bed)
    if (task.result?.state === 'fail') process.stderr.write(`\n${task.name}\n${bed.logs()}\n`)
  }
})
