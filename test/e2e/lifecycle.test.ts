import { existsSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { bytesRead, canCountReads } from '../harness/bytes-read.ts'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, fetchTo, seedPath, shareWhen } from '../harness/shares.ts'
import { mkdirSync } from 'node:fs'

const MIB = 1024 * 1024

describe('the daemon', () => {
  test('is started by the first command that needs it, outlives it, and stops when told', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), 3 * MIB, 1)
    const home = bed.prepare('home')
    mkdirSync(home.options.home, { recursive: true })
    try {
      const seeded = await home.run(['seed', bed.path('file.bin')])
      expect(seeded.code, seeded.stderr).toBe(0)
      const status = (await home.run(['daemon', 'status'])).json() as { running: boolean; pid: number }
      expect(status).toMatchObject({ running: true, shares: 1 })
      expect(status.pid).not.toBe(process.pid)
      const again = (await home.run(['daemon', 'start'])).json()
      expect(again).toMatchObject({ pid: status.pid })
    } finally {
      expect((await home.run(['daemon', 'stop'])).code).toBe(0)
    }
    expect((await home.run(['daemon', 'status'])).json()).toMatchObject({ running: false })
  })

  test('ends within 5 s of SIGTERM in the middle of a transfer, with code 0', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), 256 * MIB, 1)
    const seeder = await bed.daemon('seeder')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, bed.path('file.bin'))
    const fetching = fetcher.begin(['fetch', cid, '-o', bed.path('fetched.bin'), '--json'])
    await shareWhen(fetcher, cid, ({ done }) => done > 0, 'fetches')
    const begun = performance.now()
    expect(await Promise.all([fetcher.end('SIGTERM'), seeder.end('SIGTERM')])).toEqual([0, 0])
    expect(performance.now() - begun).toBeLessThan(5000)
    expect((await fetching.ended).code).not.toBe(0)
  })
})

describe('after a restart', () => {
  const SIZE = 256 * MIB
  /** Loading the program and its catalogue takes some; hashing the share would take `SIZE`. */
  const MOST_READ = 96 * MIB

  test.skipIf(!canCountReads)('a seeded share is served without being hashed again', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), SIZE, 1)
    const seeder = await bed.daemon('seeder')
    const { cid } = await seedPath(seeder, bed.path('file.bin'))
    expect(bytesRead(seeder.pid)).toBeGreaterThan(SIZE)
    await seeder.end('SIGTERM')
    await seeder.start()
    expect(await detailOf(seeder, cid)).toMatchObject({ state: 'seeding', done: SIZE })
    expect(bytesRead(seeder.pid)).toBeLessThan(MOST_READ)
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    await fetchTo(fetcher, cid, bed.path('fetched.bin'))
    expect(await compareTrees(bed.path('file.bin'), bed.path('fetched.bin'))).toEqual([])
  })

  test.skipIf(!canCountReads)('an unfinished fetch goes on where it was', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), SIZE, 1)
    const imported = await importPath(bed.path('file.bin'), bed.path('scratch'))
    const seeder = await bed.daemon('seeder')
    const fetcher = bed.prepare('fetcher', { bootstrap: [seeder] })
    const target = bed.path('fetched.bin')
    const cid = await startPartialHolder(fetcher, { imported, target, has: (piece) => piece % 4 !== 0 })
    await clientOf(fetcher).resume({ ref: cid })
    expect(await fetcher.end('SIGTERM')).toBe(0)
    await fetcher.start()
    await shareWhen(fetcher, cid, ({ done }) => done === SIZE * 0.75, 'knows what it has')
    expect(bytesRead(fetcher.pid)).toBeLessThan(MOST_READ)
    await seedPath(seeder, bed.path('file.bin'))
    const done = await shareWhen(fetcher, cid, ({ state }) => state === 'seeding', 'goes on by itself')
    expect(done.downloaded).toBeLessThan(SIZE / 2)
    expect(await compareTrees(bed.path('file.bin'), target)).toEqual([])
  })
})

describe('Ctrl-C', () => {
  test('on fetch leaves the job in the daemon, says so, and ends with 130', async ({ bed }) => {
    const daemon = await bed.daemon('daemon')
    const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
    const fetching = daemon.begin(['fetch', cid, '-o', bed.path('x')])
    await shareWhen(daemon, cid, ({ state }) => state === 'fetching', 'has the job')
    fetching.child.kill('SIGINT')
    const ended = await fetching.ended
    expect(ended, ended.stderr).toMatchObject({ code: 130, stderr: expect.stringMatching(/goes on/) })
    expect((await daemon.run(['list'])).json()).toMatchObject({ shares: [{ cid, state: 'fetching' }] })
    const joined = await daemon.run(['fetch', cid, '-o', bed.path('x'), '--timeout', '1s'])
    expect(joined.code, joined.stderr).toBe(4)
    expect((await daemon.run(['remove', cid])).json()).toEqual({ cid, state: 'removed' })
    expect((await daemon.run(['list'])).json()).toEqual({ shares: [] })
    expect(existsSync(bed.path('x'))).toBe(false)
  })
})
