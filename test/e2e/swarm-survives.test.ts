import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { detailOf, fetchTo, seedPath } from '../harness/shares.ts'

const SIZE = 20 * 1024 * 1024

describe('eight daemons that know only one bootstrap peer', () => {
  test('find each other by the DHT, and go on when bootstrap and first seeder are gone', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const names = ['seeder', 'second', 'third', 'd4', 'd5', 'd6', 'd7']
    const others = names.map((name) => bed.prepare(name, { bootstrap: [bootstrap] }))
    // Two at a time: starting is the heavy part, and a slow machine has two cores.
    for (let i = 0; i < others.length; i += 2) {
      await Promise.all(others.slice(i, i + 2).map((daemon) => daemon.start()))
    }
    const [seeder, second, third] = others
    if (seeder === undefined || second === undefined || third === undefined) throw new Error('seven daemons')
    const source = bed.path('source', 'film.bin')
    await writeRandomFile(source, SIZE, 8)
    const { cid } = await seedPath(seeder, source)

    await fetchTo(second, cid, bed.path('second.bin'))
    expect(await compareTrees(source, bed.path('second.bin'))).toEqual([])
    const { phase } = await detailOf(second, cid)
    expect(phase?.tried).toContainEqual(expect.objectContaining({ source: 'lan-dht', outcome: 'found' }))

    expect(await Promise.all([bootstrap.end('SIGTERM'), seeder.end('SIGTERM')])).toEqual([0, 0])
    await fetchTo(third, cid, bed.path('third.bin'), '60s')
    expect(await compareTrees(source, bed.path('third.bin'))).toEqual([])
    expect(await detailOf(second, cid)).toMatchObject({ uploaded: SIZE })
  })
})
