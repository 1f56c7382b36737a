import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { detailOf, fetchTo, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024

describe('several paths in one share', () => {
  test('are served where they lie, over a restart, told where that is, and removed with exactly their files', async ({
    bed
  }) => {
    const film = bed.path('films', 'film.bin')
    const album = bed.folder('music', 'album')
    await writeRandomFile(film, 3 * MIB + 1, 1)
    mkdirSync(bed.path('music', 'album', 'empty'))
    writeFileSync(bed.path('music', 'album', 'song'), 'la')
    writeFileSync(bed.path('films', 'other'), 'not of the share')
    const seeder = await bed.daemon('seeder')

    const seed = ['seed', '--name', 'evening', film, album]
    const seeded = await seeder.run(seed)
    expect(seeded.code, seeded.stderr).toBe(0)
    const { cid, link, ...rest } = seeded.json() as { cid: string; link: string }
    expect(rest).toMatchObject({ name: 'evening', path: bed.root, size: 3 * MIB + 3, skipped: [] })
    expect(link).toContain('name=evening')
    const roots = [
      { name: 'album', path: album },
      { name: 'film.bin', path: film }
    ]
    expect(await detailOf(seeder, cid)).toMatchObject({ roots, rootCount: 2, state: 'seeding' })
    await seeder.end('SIGKILL')
    await seeder.start()
    expect(await shareWhen(seeder, cid, ({ done, size }) => done === size, 'is taken up')).toMatchObject({
      roots
    })
    const entries = (await seeder.run(['ls', cid])).lines() as { path: string; source?: string }[]
    expect(entries.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]]))).toEqual(
      roots.map(({ name, path }) => [name, path])
    )

    // After the restart, since the seeder has another port now.
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    await fetchTo(fetcher, cid, bed.path('got'))
    expect(readdirSync(bed.path('got')).sort()).toEqual(['album', 'film.bin'])
    expect(await compareTrees(album, bed.path('got', 'album'))).toEqual([])
    expect(await compareTrees(film, bed.path('got', basename(film)))).toEqual([])
    // Fetching is a kind of seeding: a folder with these entries has the same hash.
    expect((await fetcher.run(['seed', bed.path('got')])).json()).toMatchObject({ cid })

    const twice = await seeder.run(['seed', '--name', 'evening', film, bed.path('films')])
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining('lies in')])
    writeFileSync(bed.path('music', 'album', 'song'), 'LA')
    await seeder.run(['verify', cid])
    const changed = await shareWhen(seeder, cid, ({ done, size }) => done < size, 'misses a piece')
    expect(changed.done).toBe(3 * MIB + 1)
    const named = ({ reason }: { reason?: string | undefined }) =>
      reason?.includes('first in album/song') === true
    await shareWhen(seeder, cid, named, 'says which')

    const removed = await seeder.run(['remove', cid, '--delete-files'])
    expect(removed.code, removed.stderr).toBe(0)
    // What was changed is not the share's any more.
    expect(readdirSync(album)).toEqual(['song'])
    expect(readdirSync(bed.path('films'))).toEqual(['other'])
  })
})
