import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'

const SIZE = 5 * 1024 * 1024

describe('a file seeded on one daemon', () => {
  test('is fetched by hash on another that knows only the bootstrap peer', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap] })
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const source = bed.path('source', 'song.bin')
    await writeRandomFile(source, SIZE, 1)

    const seeded = await seeder.run(['seed', source])
    expect(seeded).toMatchObject({ code: 0 })
    expect(seeded.json()).toMatchObject({ name: 'song.bin', size: SIZE, pieces: 5 })

    const { cid } = seeded.json() as { cid: string }
    const target = bed.path('fetched.bin')
    const fetched = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '60s'])
    expect(fetched, fetched.stderr).toMatchObject({ code: 0 })
    expect(fetched.json()).toMatchObject({ cid, size: SIZE, path: target })
    expect(await compareTrees(source, target)).toEqual([])
  })

  test('that nobody else has ends a fetch with code 4, and says what was tried', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const unknown = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    const fetched = await fetcher.run(['fetch', unknown, '-o', bed.path('x'), '--timeout', '3s'])
    expect(fetched.code).toBe(4)
    expect(fetched.stderr).toMatch(/DHT|nobody|peers/i)
  })
})
