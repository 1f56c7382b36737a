import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, fetchTo, seedPath } from '../harness/shares.ts'

const MIB = 1024 * 1024

describe('pieces that no holder of the share has', () => {
  test('are found by the DHT where they are part of other shares, and fetched', async ({ bed }) => {
    const source = bed.folder('source')
    await writeRandomFile(bed.path('source', 'common.bin'), 4 * MIB, 1)
    await writeRandomFile(bed.path('source', 'whole-file-elsewhere.bin'), 3 * MIB + 5, 2)
    await writeRandomFile(bed.path('source', 'only-chunks-elsewhere.bin'), 2 * MIB, 3)
    const imported = await importPath(source, bed.path('scratch'))
    const common = [...imported.layout.files].findIndex(({ path }) => path.join('/') === 'common.bin')
    expect(common).toBeGreaterThanOrEqual(0)

    const bootstrap = await bed.daemon('bootstrap')
    const holder = bed.prepare('holder', { bootstrap: [bootstrap] })
    const has = (piece: Parameters<typeof imported.layout.fileOf>[0]): boolean =>
      imported.layout.fileOf(piece) === common
    const cid = await startPartialHolder(holder, { imported, target: bed.path('holder'), has })

    // One has the file alone; one has its chunks, in another order and among others.
    const fileHolder = await bed.daemon('file-holder', { bootstrap: [bootstrap] })
    const file = await seedPath(fileHolder, bed.path('source', 'whole-file-elsewhere.bin'))
    const chunks = readFileSync(bed.path('source', 'only-chunks-elsewhere.bin'))
    await writeRandomFile(bed.path('mix.bin'), MIB, 9)
    const other = readFileSync(bed.path('mix.bin'))
    writeFileSync(bed.path('mix.bin'), Buffer.concat([chunks.subarray(MIB), other, chunks.subarray(0, MIB)]))
    const chunkHolder = await bed.daemon('chunk-holder', { bootstrap: [bootstrap] })
    const mix = await seedPath(chunkHolder, bed.path('mix.bin'))
    expect(new Set([cid, file.cid, mix.cid]).size).toBe(3)

    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    await clientOf(holder).resume({ ref: cid })
    await fetchTo(fetcher, cid, bed.path('fetched'), '90s')
    expect(await compareTrees(source, bed.path('fetched'))).toEqual([])
    expect((await detailOf(holder, cid)).uploaded).toBeGreaterThan(0)
  })
})
