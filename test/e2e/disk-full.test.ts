import { rmSync, truncateSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { mountRamDisk, noRamDisk } from '../harness/ram-disk.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024
const SIZE = 24 * MIB

describe.skipIf(noRamDisk !== undefined)(`a disk that is full (${noRamDisk ?? 'a small tmpfs'})`, () => {
  test('pauses a fetch before it begins; with space it goes on by itself', async ({ bed }) => {
    await writeRandomFile(bed.path('source.bin'), SIZE, 1)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    using _disk = mountRamDisk(bed.path('small'), 32 * MIB)
    await writeRandomFile(bed.path('small', 'filler'), 20 * MIB, 2)
    const { cid, link } = await seedPath(seeder, bed.path('source.bin'))
    const target = bed.path('small', 'fetched.bin')

    // The link tells the size: refused at once.
    const refused = await fetcher.run(['fetch', link, '-o', target])
    expect(refused, refused.stderr).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/disk|space|room/i)
    })

    // The hash does not: the job is made, and waits.
    const fetching = fetcher.begin(['fetch', cid, '-o', target, '--json'])
    const waiting = await shareWhen(fetcher, cid, ({ state }) => state === 'paused', 'pauses')
    expect(waiting.reason).toMatch(/disk full/i)
    rmSync(bed.path('small', 'filler'))
    const fetched = await fetching.ended
    expect(fetched.code, fetched.stderr).toBe(0)
    expect(await compareTrees(bed.path('source.bin'), target)).toEqual([])
    await fetcher.end('SIGTERM')
  })

  test('in the middle of a fetch pauses it, loses nothing, and it goes on by itself', async ({ bed }) => {
    await writeRandomFile(bed.path('source.bin'), SIZE, 1)
    const imported = await importPath(bed.path('source.bin'), bed.path('scratch'))
    const seeder = await bed.daemon('seeder')
    using _disk = mountRamDisk(bed.path('small'), 32 * MIB)
    const fetcher = bed.prepare('fetcher', { bootstrap: [seeder] })
    const target = bed.path('small', 'fetched.bin')
    const cid = await startPartialHolder(fetcher, { imported, target, has: (piece) => piece < 4 })
    // There is room when it starts to wait for a seeder; when one comes, there is not.
    await clientOf(fetcher).resume({ ref: cid })
    await shareWhen(
      fetcher,
      cid,
      ({ state, phase }) => state === 'fetching' && phase?.phase !== 'verifying',
      'looks for peers'
    )
    await writeRandomFile(bed.path('small', 'filler'), 20 * MIB, 2)
    await seedPath(seeder, bed.path('source.bin'))

    const waiting = await shareWhen(fetcher, cid, ({ state }) => state === 'paused', 'pauses')
    expect(waiting.reason).toMatch(/disk full/i)
    expect(waiting.done).toBeGreaterThanOrEqual(4 * MIB)
    truncateSync(bed.path('small', 'filler'), 0)
    await shareWhen(fetcher, cid, ({ state }) => state === 'seeding', 'goes on')
    expect(await compareTrees(bed.path('source.bin'), target)).toEqual([])
    await fetcher.end('SIGTERM')
  })
})
