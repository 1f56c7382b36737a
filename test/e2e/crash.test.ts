import { randomInt } from 'node:crypto'
import { seededRng } from '@p2pshare/base'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { checkMarkedPieces } from '../harness/marked-pieces.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, fetchTo, seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024
const SIZE = 256 * MIB
const KILLS = 10
/** What one kill may cost (DESIGN §4). */
const MOST_LOST = 64 * MIB
/** Kills come at this part of the content at the latest, so that the last ones find a running fetch. */
const LATEST = 0.85
const SEED = Number(process.env['P2PSHARE_CRASH_SEED'] ?? randomInt(2 ** 32))

/** The moments of the kills: content bytes that are there, ascending. */
function moments(): number[] {
  const rng = seededRng(SEED)
  return Array.from({ length: KILLS }, () => (rng.uint32() / 2 ** 32) * LATEST * SIZE).sort((a, b) => a - b)
}

/** Kills a daemon as soon as it has so many bytes. */
async function killAt(daemon: DaemonProcess, cid: string, bytes: number): Promise<void> {
  const state = await shareWhen(
    daemon,
    cid,
    ({ done }) => done >= bytes,
    `has ${Math.round(bytes / MIB)} MiB`,
    60_000
  )
  expect(state.state, 'killed in the middle of the fetch').toBe('fetching')
  await daemon.end('SIGKILL')
}

/** Content bytes that the seeder has sent, when nothing more is on its way. */
async function uploadedAtRest(seeder: DaemonProcess, cid: string): Promise<number> {
  const client = clientOf(seeder)
  await eventually(
    async () => (await client.peers({ ref: cid })).peers.length === 0 || undefined,
    'the link has ended'
  )
  return (await client.shareStatus({ ref: cid })).uploaded
}

describe(`SIGKILL at ${KILLS} random moments of a fetch (seed ${SEED})`, () => {
  test('loses little, claims nothing wrong, and the fetch goes on by itself', async ({ bed }) => {
    process.stderr.write(`crash seed: P2PSHARE_CRASH_SEED=${SEED}\n`)
    const source = bed.path('source', 'archive.bin')
    const target = bed.path('fetched.bin')
    await writeRandomFile(source, SIZE, 10)
    const { layout } = await importPath(source, bed.path('scratch'))
    const seeder = await bed.daemon('seeder')
    const { cid } = await seedPath(seeder, source)
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const begun = fetcher.begin(['fetch', cid, '-o', target, '--json'])

    let [kept, sent] = [0, 0]
    for (const [kill, moment] of moments().entries()) {
      if (kill === 0)
        await eventually(() => detailOf(fetcher, cid).catch(() => undefined), 'the fetch has begun')
      await killAt(fetcher, cid, moment)
      const now = await checkMarkedPieces(fetcher, layout)
      expect(now.wrong, `pieces marked after kill ${kill}`).toEqual([])
      const sentNow = await uploadedAtRest(seeder, cid)
      expect(sentNow - sent - (now.bytes - kept), `bytes lost by kill ${kill}`).toBeLessThanOrEqual(MOST_LOST)
      kept = now.bytes
      sent = sentNow
      await fetcher.start()
    }

    expect(kept, 'the kills left something').toBeGreaterThan(0)
    // Nobody asks for it again; the command of the beginning ended with its daemon.
    expect((await begun.ended).code).not.toBe(0)
    await shareWhen(fetcher, cid, ({ state }) => state === 'seeding', 'has fetched all of it')
    expect(await compareTrees(source, target)).toEqual([])
    expect((await detailOf(seeder, cid)).uploaded).toBeLessThanOrEqual(SIZE + KILLS * MOST_LOST)
    await fetchTo(fetcher, cid, target)
  })
})
