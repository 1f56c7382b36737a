import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { test } from '../harness/fixture.ts'
import { mountRamDisk, noRamDisk } from '../harness/ram-disk.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { detailOf, seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024

describe.skipIf(noRamDisk !== undefined)(`a disk that goes away (${noRamDisk ?? 'a small tmpfs'})`, () => {
  test('its shares are offline, come back with it, or are served from elsewhere', async ({ bed }) => {
    const [disk, copy] = [bed.path('usb'), bed.path('copy.bin')]
    await writeRandomFile(copy, 4 * MIB, 1)
    const daemon = await bed.daemon('seeder')
    let mounted = mountRamDisk(disk, 8 * MIB)
    copyFileSync(copy, bed.path('usb', 'film.bin'))
    const { cid } = await seedPath(daemon, bed.path('usb', 'film.bin'))
    mounted[Symbol.dispose]()

    // A check meets it at once; else it is seen within 10 s.
    await daemon.run(['verify', cid])
    const away = await shareWhen(daemon, cid, ({ state }) => state === 'offline', 'is offline')
    expect(away.reason).toBe(
      `${bed.path('usb', 'film.bin')} is away (no disk is mounted at ${disk}); goes on by itself when it is back`
    )
    const why = await daemon.run(['why', cid])
    expect(why.stdout).toMatch(/"code":"offline".*relocate/)
    expect(readdirSync(disk)).toEqual([])

    mounted = mountRamDisk(disk, 8 * MIB)
    copyFileSync(copy, bed.path('usb', 'film.bin'))
    await daemon.run(['resume', cid])
    await shareWhen(daemon, cid, ({ state }) => state === 'seeding', 'is back')
    mounted[Symbol.dispose]()
    await daemon.run(['verify', cid])
    await shareWhen(daemon, cid, ({ state }) => state === 'offline', 'is offline again')

    await writeRandomFile(bed.path('other.bin'), 4 * MIB, 2)
    const refused = await daemon.run(['relocate', cid, bed.path('other.bin')])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is not what was shared')])
    mkdirSync(bed.path('new home'))
    execFileSync('mv', [copy, bed.path('new home', 'film.bin')])
    const relocated = await daemon.run(['relocate', cid, bed.path('new home')])
    const path = bed.path('new home', 'film.bin')
    expect(relocated.json(), relocated.stderr).toMatchObject({ cid, path, state: 'seeding', hashed: 4 * MIB })
    expect(await detailOf(daemon, cid)).toMatchObject({ state: 'seeding', path })
  })
})
