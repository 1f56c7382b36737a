import type { ShareDetail } from '@p2pshare/control'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { maskedFrame } from '../harness/masked-frame.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, seedPath, shareWhen } from '../harness/shares.ts'
import { TerminalScreen, type TerminalSize } from '../harness/terminal.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MIB = 1024 * 1024
const SIZES: readonly TerminalSize[] = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 }
]

const nameOf = ({ columns, rows }: TerminalSize): string => `${columns}x${rows}`

/** Keeps a frame as golden text. */
const golden = (frame: string, name: string, moving = false): Promise<void> =>
  expect(maskedFrame(frame, moving)).toMatchFileSnapshot(`frames/${name}.txt`)

/** A share of eight pieces of which only the first three are to be had, and a fetch of it that waits. */
async function waitingFetch(bed: TestBed): Promise<{ cid: string; fetcher: DaemonProcess }> {
  const source = bed.path('source', 'rare.bin')
  await writeRandomFile(source, 8 * MIB, 21)
  const imported = await importPath(source, bed.path('scratch'))
  const holder = bed.prepare('holder')
  const target = bed.path('held.bin')
  const cid = await startPartialHolder(holder, { imported, target, has: (piece) => piece < 3 })
  await clientOf(holder).resume({ ref: cid })
  const fetcher = await bed.daemon('fetcher', { bootstrap: [holder] })
  const { child } = fetcher.begin(['fetch', cid, '-o', bed.path('rare.bin')])
  const stuck = ({ phase, rateDown }: ShareDetail): boolean => phase?.phase === 'waiting' && rateDown === 0
  await shareWhen(fetcher, cid, stuck, 'has what is to be had, and waits')
  child.kill('SIGINT')
  return { cid, fetcher }
}

// ${TerminalScreen.missing()} says why they are skipped.
describe.skipIf(TerminalScreen.missing() !== undefined)(
  `in a terminal (${TerminalScreen.missing() ?? 'tmux'})`,
  () => {
    test('a fetch: in progress, resized, done', async ({ bed }) => {
      const seeder = await bed.daemon('seeder')
      const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
      for (const [i, size] of SIZES.entries()) {
        const name = `holiday-${i}.bin`
        await writeRandomFile(bed.path('source', name), 8 * MIB, 22 + i)
        const { cid } = await seedPath(seeder, bed.path('source', name))
        await clientOf(seeder).limit({ up: 700_000, includeLan: true })
        await using screen = await TerminalScreen.open(bed, fetcher, ['fetch', cid], size)
        const moving = (frame: string): boolean =>
          /[1-7] of 8 pieces/.test(frame) && frame.includes('here  ') && frame.includes('left')
        await golden(await screen.until(moving, 'pieces arrive'), `fetch-${nameOf(size)}`, true)
        await expect.poll(() => screen.modes()).toEqual({ cursor: '0', otherScreen: '0' })

        for (const columns of [44, 120]) {
          await screen.resize({ columns, rows: 20 })
          const fits = (frame: string): boolean =>
            /[1-7] of 8 pieces/.test(frame) &&
            frame.includes('here  ') === columns > 60 &&
            new RegExp(`^  [█▓░·]{${columns - 3}}$`, 'm').test(frame)
          const frame = await screen.until(fits, `the frame fits ${columns} columns`)
          // A terminal may let the first lines go when it wraps those below; we erase none of them.
          await golden(frame.replace(/^\$.*\n/, ''), `fetch-${i}-resized-${columns}`, true)
          expect(await screen.scrolled()).toContain('$ p2pshare fetch')
        }
        await clientOf(seeder).limit({ up: null })
        expect(await screen.ended()).toEqual({ code: 0, usual: true })
        const done = await screen.until(/complete and verified/, 'the end is told')
        await golden(done.replaceAll(bed.root, '…'), `fetch-done-${nameOf(size)}`)
        await expect.poll(() => screen.modes()).toEqual({ cursor: '1', otherScreen: '0' })
      }
    })

    test('files are picked, at every size; what is picked is fetched', async ({ bed }) => {
      const names = [
        'film.mkv',
        'film.srt',
        'extras/a\u001b[2J\u202Egpj.\u200Bexe',
        'extras/long '.padEnd(160, 'x')
      ]
      for (const [i, name] of names.entries())
        await writeRandomFile(bed.path('album', name), (i + 1) * 30_000, 40 + i)
      const seeder = await bed.daemon('seeder')
      const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
      const { cid } = await seedPath(seeder, bed.path('album'))
      const line = ['fetch', cid, '--pick', '-o', bed.path('picked')]
      const [first, ...others] = [...SIZES, { columns: 10, rows: 8 }]
      for (const size of others) {
        await using screen = await TerminalScreen.open(bed, fetcher, line, size)
        const last = size.columns < 20 ? /\? keys/ : /q leave/
        await golden(await screen.until(last, 'the share is shown'), `pick-${nameOf(size)}`)
        await expect.poll(() => screen.modes()).toEqual({ cursor: '0', otherScreen: '1' })
        await screen.press(size.columns < 20 ? 'Escape' : 'C-c')
        expect(await screen.ended()).toEqual({ code: 130, usual: true })
        await expect.poll(() => screen.modes()).toEqual({ cursor: '1', otherScreen: '0' })
      }
      expect((await fetcher.run(['list'])).json()).toEqual({ shares: [] })

      await using screen = await TerminalScreen.open(bed, fetcher, line, first ?? { columns: 80, rows: 24 })
      await screen.until(/q leave/, 'the share is shown')
      // The folder's first file is not wanted, subtitles come first; then the screen shrinks and grows.
      for (const key of ['/', 's', 'r', 't', 'Enter', 'h', 'Escape']) await screen.press(key)
      await screen.until(/film\.srt +high[^]*q leave/, 'subtitles come first')
      for (const key of ['Home', 'Down', 'Space']) await screen.press(key)
      await screen.until(/\[-\] ▾ extras/, 'a part of the folder is chosen')
      await screen.resize({ columns: 40, rows: 6 })
      await screen.until((frame) => frame.split('\n').every((text) => text.length < 40), 'it fits 40 columns')
      await screen.resize({ columns: 80, rows: 24 })
      await golden(await screen.until(/film\.srt +high[^]*q leave/, 'it fits 80 columns'), 'pick-80x24')
      await screen.press('Enter')
      expect(await screen.ended()).toEqual({ code: 0, usual: true })
      const share = await clientOf(fetcher).select({ ref: cid })
      expect(share).toMatchObject({ files: 4, wantedFiles: 3 })
    })

    test('a picker that is ended by a signal gives the terminal back', async ({ bed }) => {
      const seeder = await bed.daemon('seeder')
      await writeRandomFile(bed.path('album', 'one.bin'), 10, 1)
      const { cid } = await seedPath(seeder, bed.path('album'))
      await using screen = await TerminalScreen.open(
        bed,
        seeder,
        ['select', cid, '--pick'],
        SIZES[0] as TerminalSize
      )
      await screen.until(/100 %[^]*q leave/, 'the share is shown')
      await screen.signal('SIGTERM')
      expect(await screen.ended()).toEqual({ code: 143, usual: true })
      await expect.poll(() => screen.modes()).toEqual({ cursor: '1', otherScreen: '0' })
    })

    test('a fetch that waits, status --watch and top, in terminals of every size', async ({ bed }) => {
      const { cid, fetcher } = await waitingFetch(bed)
      const other = bed.path('source', 'a\u001b[2J\u202Egpj.\u200Bexe')
      await writeRandomFile(other, 3 * MIB, 23)
      await seedPath(fetcher, other)
      for (const size of [...SIZES, { columns: 10, rows: 8 }]) {
        const at = nameOf(size)
        const small = size.columns < 20
        await using fetch = await TerminalScreen.open(
          bed,
          fetcher,
          ['fetch', cid, '-o', bed.path('rare.bin')],
          size
        )
        await golden(
          await fetch.until(
            small
              ? /^ {2}███····$/m
              : (frame) => /waiting: None of 1 connected/.test(frame) && frame.includes('here  '),
            'the fetch waits'
          ),
          `fetch-waits-${at}`
        )
        await fetch.press('C-c')
        expect(await fetch.ended()).toEqual({ code: 130, usual: true })

        await using watch = await TerminalScreen.open(bed, fetcher, ['status', '--watch'], size)
        await golden(
          await watch.until(small ? /… and 1/ : /seeding/, 'both shares are shown'),
          `status-watch-${at}`
        )
        await watch.press('C-c')
        expect(await watch.ended()).toEqual({ code: 130, usual: true })
        await expect.poll(() => watch.modes()).toEqual({ cursor: '1', otherScreen: '0' })

        await using top = await TerminalScreen.open(bed, fetcher, ['top'], size)
        // The rate of what has come is nothing only after a moment.
        const still = small ? /rare[^]*a\\u\{1B/ : /rare\.bin(?:(?!\/s)[^\n])*\n[^]*a\\u\{1B/
        await golden(await top.until(still, 'shares are shown'), `top-${at}`)
        await expect.poll(() => top.modes()).toEqual({ cursor: '0', otherScreen: '1' })
        await top.press('q')
        expect(await top.ended()).toEqual({ code: 0, usual: true })
        await expect.poll(() => top.modes()).toEqual({ cursor: '1', otherScreen: '0' })
        await expect.poll(async () => (await top.frame()).replaceAll('\n', '')).toBe('$ p2pshare top')
      }
    })
  }
)
