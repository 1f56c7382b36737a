import { existsSync } from 'node:fs'
import { open, rm, truncate } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import type { TestBed } from '../harness/test-bed.ts'
import { importPath } from '../harness/homes.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { seededBytes, writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024
const SIZE = 192 * MIB

/** Fetches from one seeder, and does something to the seeded file once the first pieces are there. */
async function fetchWhile(
  bed: TestBed,
  change: (source: string) => Promise<void>
): Promise<{ seeder: DaemonProcess; fetcher: DaemonProcess; cid: string; source: string; target: string }> {
  const source = bed.path('source', 'film.bin')
  const target = bed.path('fetched.bin')
  await writeRandomFile(source, SIZE, 5)
  const imported = await importPath(source, bed.path('scratch'))
  const seeder = await bed.daemon('seeder')
  const { cid } = await seedPath(seeder, source)
  // A part is there already, so that the change comes in the middle however quick the transfer is.
  const fetcher = bed.prepare('fetcher', { bootstrap: [seeder] })
  await startPartialHolder(fetcher, { imported, target, has: (piece) => piece < 40 })
  await clientOf(fetcher).resume({ ref: cid })
  await shareWhen(fetcher, cid, ({ downloaded }) => downloaded > 0, 'fetches')
  await change(source)
  return { seeder, fetcher, cid, source, target }
}

const variants: Record<string, { change: (source: string) => Promise<void>; words: RegExp }> = {
  changed: {
    async change(source) {
      await using file = await open(source, 'r+')
      // The end of every MiB: whichever pieces are left, they are wrong now.
      for (let at = MIB - 8; at < SIZE; at += MIB) await file.write(seededBytes(at)(8), 0, 8, at)
    },
    words: /chang/i
  },
  truncated: { change: (source) => truncate(source, 1000), words: /chang|short|trunc/i },
  deleted: { change: (source) => rm(source), words: /gone|missing|not there|no longer|vanish/i }
}

describe('a seeded file that is', () => {
  for (const [name, { change, words }] of Object.entries(variants)) {
    test(`${name} during the fetch: the seeder says so, and no wrong byte arrives`, async ({ bed }) => {
      const { seeder, fetcher, cid, target } = await fetchWhile(bed, change)
      const state = await shareWhen(seeder, cid, (share) => share.state === 'error', 'sees the trouble')
      expect(state.reason).toMatch(words)
      expect(state.reason).toContain('film.bin')

      const fetched = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '3s'])
      expect(fetched.code, fetched.stderr).toBe(4)
      expect(fetched.stderr).toMatch(/no progress/)
      expect(existsSync(target), 'nothing under the final name').toBe(false)
      expect(await detailOf(fetcher, cid)).toMatchObject({ state: 'fetching' })
    })
  }

  test('changed and then restored completes after all, right', async ({ bed }) => {
    const { seeder, fetcher, cid, source, target } = await fetchWhile(bed, (path) => truncate(path, 1000))
    await shareWhen(seeder, cid, (share) => share.state === 'error', 'sees the trouble')
    await writeRandomFile(source, SIZE, 5)
    expect((await seedPath(seeder, source)).cid).toBe(cid)
    const fetched = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '60s'])
    expect(fetched.code, fetched.stderr).toBe(0)
    expect(await compareTrees(source, target)).toEqual([])
  })
})
