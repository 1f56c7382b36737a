import type { ShareDetail } from '@p2pshare/control'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024

type Announced = NonNullable<ShareDetail['announced']>

/** Waits until all of a share is announced, in so many keys. */
async function announced(daemon: DaemonProcess, cid: string, total: number): Promise<Announced> {
  const detail = await shareWhen(
    daemon,
    cid,
    (share) => share.announced?.announced === total && share.announced.total === total,
    `${total} keys are announced`
  )
  return detail.announced as Announced
}

describe('announcing', () => {
  test('is shown, goes on after a restart, follows the choice, and ends with the share', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), 3 * MIB, 1)
    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap] })
    const { cid } = await seedPath(seeder, bed.path('file.bin'))
    const before = await announced(seeder, cid, 4)
    expect(before.level).toBe('chunks')
    expect(before.nextCycle).toBeGreaterThan(Date.now())
    const { stdout } = await seeder.begin(['status', cid]).ended
    expect(stdout).toMatch(
      /announced +4 of 4 keys \(root, files and chunks\), the oldest .* ago, next cycle in /
    )

    await seeder.end('SIGTERM')
    const restarted = Date.now()
    await seeder.start()
    // Nothing is announced again but the root, whose records said another port.
    expect((await announced(seeder, cid, 4)).oldest).toBeLessThan(restarted)

    await seeder.run(['seed', '--announce', 'roots', bed.path('file.bin')])
    expect((await announced(seeder, cid, 1)).level).toBe('roots')
    const status = (await seeder.run(['status'])).json() as { announcing: object[] }
    expect(status.announcing).toMatchObject([{ source: 'lan-dht', announced: 1, total: 1 }])

    await seeder.run(['remove', cid])
    const without = (await seeder.run(['status'])).json() as { announcing: object[] }
    expect(without.announcing).toMatchObject([{ announced: 0, total: 0, oldest: null }])
  })

  test('less is announced where the configuration says so', async ({ bed }) => {
    await writeRandomFile(bed.path('file.bin'), 3 * MIB, 1)
    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap], env: { P2PSHARE_ANNOUNCE: 'files' } })
    const { cid } = await seedPath(seeder, bed.path('file.bin'))
    expect((await announced(seeder, cid, 1)).level).toBe('files')
  })
})
