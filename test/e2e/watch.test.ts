import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WatchedFolderView } from '@p2pshare/control'
import { expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { seededBytes } from '../harness/random-file.ts'
import { clientOf, detailOf, fetchTo, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024
/** Pauses are a twentieth of a user's. */
const SOON = { env: { P2PSHARE_WATCH_PACE: '20' } }
type Entry = WatchedFolderView['entries'][number]

async function watchedFolder(daemon: DaemonProcess): Promise<WatchedFolderView | undefined> {
  return (await clientOf(daemon).watch()).folders[0]
}

/** Waits until an entry of the watched folder is as wanted. */
function entryWhen(daemon: DaemonProcess, name: string, wanted: (entry: Entry) => boolean): Promise<Entry> {
  const look = async (): Promise<Entry | undefined> => {
    const entry = (await watchedFolder(daemon))?.entries.find((one) => one.name === name)
    return entry !== undefined && wanted(entry) ? entry : undefined
  }
  return eventually(look, `entry ${name} of the watched folder`, 60_000)
}

const cidOf = (entry: Entry): string => entry.versions.at(-1)?.cid ?? ''

test('what appears is shared, what changes gets a version, what goes comes back, over a restart too', async ({
  bed
}) => {
  const folder = bed.folder('public')
  const source = join(folder, 'film.bin')
  const seeder = await bed.daemon('seeder', SOON)
  const watched = await seeder.run(['watch', folder])
  expect(watched.code, watched.stderr).toBe(0)
  expect(watched.json()).toMatchObject({ folders: [{ path: folder, shared: 0 }] })

  const content = seededBytes(1)(4 * MIB)
  writeFileSync(source, content)
  symlinkSync(seeder.options.home, join(folder, 'link'))
  mkdirSync(join(folder, 'album'))
  writeFileSync(join(folder, 'album', 'song'), 'la')
  const first = cidOf(await entryWhen(seeder, 'film.bin', ({ state }) => state === 'shared'))
  const album = cidOf(await entryWhen(seeder, 'album', ({ state }) => state === 'shared'))
  expect((await watchedFolder(seeder))?.entries.map(({ name }) => name).sort()).toEqual(['album', 'film.bin'])

  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
  await fetchTo(fetcher, album, bed.path('album'))
  expect(await compareTrees(join(folder, 'album'), bed.path('album'))).toEqual([])

  // The second of four pieces changes.
  content.fill(7, MIB, MIB + 10)
  writeFileSync(source, content)
  const changed = await entryWhen(seeder, 'film.bin', ({ versions }) => versions.length === 2)
  const second = cidOf(changed)
  expect(changed.versions[0]?.cid).toBe(first)
  const words = `older version: 3 of 4 pieces are still there; the newer one is ${second}`
  await shareWhen(seeder, first, ({ reason }) => reason === words, 'looked at what is left')
  const listed = (await seeder.run(['list'])).json() as { shares: { cid: string; newer?: string }[] }
  expect(listed.shares.find(({ cid }) => cid === first)?.newer).toBe(second)
  await fetchTo(fetcher, second, bed.path('second.bin'))
  expect(await compareTrees(source, bed.path('second.bin'))).toEqual([])

  await seeder.end('SIGTERM')
  await seeder.start()
  expect((await entryWhen(seeder, 'film.bin', () => true)).versions).toHaveLength(2)
  await shareWhen(seeder, first, ({ reason }) => reason === words, 'looked again after the restart')

  renameSync(source, bed.path('elsewhere'))
  const gone = await shareWhen(seeder, second, ({ state }) => state === 'error', 'misses the file', 60_000)
  expect(gone.reason).toMatch(/^file missing: .*film\.bin/)
  renameSync(bed.path('elsewhere'), source)
  await shareWhen(seeder, second, ({ state }) => state === 'seeding', 'has it back', 60_000)

  await seeder.run(['pause', second])
  renameSync(source, join(folder, 'movie.bin'))
  const renamed = await entryWhen(seeder, 'movie.bin', ({ state }) => state === 'shared')
  expect(renamed.versions.map(({ cid }) => cid)).toEqual([first, second])
  expect(await detailOf(seeder, second)).toMatchObject({
    ...{ state: 'paused', name: 'movie.bin', path: join(folder, 'movie.bin') }
  })
  expect((await watchedFolder(seeder))?.entries).toHaveLength(2)
  await shareWhen(seeder, first, ({ reason }) => reason === words, 'looked under the new name')
  await seeder.run(['resume', second])

  rmSync(join(folder, 'movie.bin'))
  mkdirSync(join(folder, 'movie.bin'))
  writeFileSync(join(folder, 'movie.bin', 'part'), 'a file that became a folder')
  await entryWhen(seeder, 'movie.bin', ({ versions }) => versions.length === 3)
  const left = await shareWhen(seeder, second, ({ state }) => state === 'error', 'has nothing left')
  expect(left.reason).toContain('newer')

  const ended = await seeder.run(['unwatch', folder])
  expect(ended.json()).toEqual({ path: folder, state: 'unwatched' })
  expect((await detailOf(seeder, album)).state).toBe('seeding')
})

test('a folder that is away is offline and never made, own data is refused', async ({ bed }) => {
  const folder = bed.folder('disk', 'public')
  writeFileSync(join(folder, 'film.bin'), 'film')
  const daemon = await bed.daemon('daemon', SOON)
  const { home } = daemon.options
  for (const path of [home, bed.root]) {
    const refused = await daemon.run(['watch', path])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('own data')])
  }
  await daemon.run(['watch', folder])
  const inside = await daemon.run(['watch', bed.path('disk')])
  expect([inside.code, inside.stderr]).toEqual([1, expect.stringContaining('one inside the other')])
  const cid = cidOf(await entryWhen(daemon, 'film.bin', ({ state }) => state === 'shared'))

  renameSync(folder, bed.path('away'))
  const away = await shareWhen(daemon, cid, ({ state }) => state === 'error', 'is offline', 60_000)
  expect(away.reason).toMatch(/^offline: .*goes on by itself/)
  expect((await watchedFolder(daemon))?.state).toBe('offline')
  expect(existsSync(folder)).toBe(false)
  renameSync(bed.path('away'), folder)
  await shareWhen(daemon, cid, ({ state }) => state === 'seeding', 'is back', 60_000)
})
