import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo, seedPath } from '../harness/shares.ts'

const MIB = 1024 * 1024

describe('a folder', () => {
  test('arrives as it is: nested, empty parts, Unicode names, a big file, many small ones', async ({
    bed
  }) => {
    const source = bed.folder('Ünïcode ☃ folder')
    const at = (...names: string[]): string => `${source}/${names.join('/')}`
    await writeRandomFile(at('big.bin'), 100 * MIB, 1)
    await writeRandomFile(at('one', 'two', 'three', 'four', 'deep.bin'), 3 * MIB + 17, 2)
    mkdirSync(at('empty folder'), { recursive: true })
    mkdirSync(at('one', 'two', 'empty too'), { recursive: true })
    writeFileSync(at('empty file'), '')
    writeFileSync(at('one', 'empty file'), '')
    // Only such names as every system can store; the others are mapped, which the name gate's own tests show.
    const names = [
      'caf\u00e9 composed',
      'cafe\u0301 decomposed',
      '文件 ファイル 파일',
      'שלום مرحبا',
      '🎵 🏳️ 👩🏽.mp3',
      ' spaces  in it',
      '-dash',
      "quote ' `"
    ]
    for (const name of names) writeFileSync(at(name), `I am ${name}`)
    mkdirSync(at('文件夹'))
    for (let i = 0; i < 500; i++) writeFileSync(at('文件夹', `file ${i}.txt`), `number ${i}`)
    writeFileSync(at('run.sh'), '#!/bin/sh\n')
    chmodSync(at('run.sh'), 0o755)

    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap] })
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const seeded = await seedPath(seeder, source)
    expect(seeded).toMatchObject({ name: 'Ünïcode ☃ folder', skipped: [] })
    await fetchTo(fetcher, seeded.cid, bed.path('fetched'))
    expect(await compareTrees(source, bed.path('fetched'))).toEqual([])

    // Fetching is a kind of seeding: the same tree has the same hash.
    expect((await seedPath(fetcher, bed.path('fetched'))).cid).toBe(seeded.cid)
  })

  test('takes its name from the link, below the current folder', async ({ bed }) => {
    const source = bed.folder('holiday pictures')
    writeFileSync(bed.path('holiday pictures', 'a.txt'), 'a')
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { link } = await seedPath(seeder, source)
    const fetched = await fetcher.run(['fetch', link, '--timeout', '30s'], { cwd: bed.folder('here') })
    expect(fetched.code, fetched.stderr).toBe(0)
    expect(fetched.json()).toMatchObject({ path: bed.path('here', 'holiday pictures') })
    expect(await compareTrees(source, bed.path('here', 'holiday pictures'))).toEqual([])
  })
})
