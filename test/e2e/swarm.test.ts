import { describe, expect } from 'vitest'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { runSwarm, type SwarmPlan } from '../harness/swarm-run.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MIB = 1024 * 1024
const SIZE = 48 * MIB

async function planOf(bed: TestBed, changes: Partial<SwarmPlan>): Promise<SwarmPlan> {
  const source = bed.path('archive.bin')
  await writeRandomFile(source, SIZE, 5)
  const plan = { source, size: SIZE, fetchers: 3, cap: '12MB/s', seederLeaves: false, limit: 120_000 }
  return { ...plan, ...changes }
}

describe('a swarm of daemons that begin at once', () => {
  test('takes little more than one copy from the seeder: the rest they give each other', async ({ bed }) => {
    const { seconds, copies } = await runSwarm(bed, await planOf(bed, {}))
    expect(seconds).toHaveLength(3)
    // Three copies leave the seeder when fetchers give each other nothing.
    expect(copies).toBeLessThanOrEqual(1.5)
  })

  test('completes when the seeder leaves after its first full copy', async ({ bed }) => {
    const { seconds } = await runSwarm(bed, await planOf(bed, { fetchers: 4, seederLeaves: true }))
    expect(seconds).toHaveLength(4)
  })
})
