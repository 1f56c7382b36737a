import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'

const MiB = 1024 * 1024
const WORD = 'the cook did it'

describe('a private share', () => {
  test('is passed on by a stranger who cannot read it, and read by who has the link', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap] })
    const stranger = await bed.daemon('stranger', { bootstrap: [bootstrap] })
    const reader = await bed.daemon('reader', { bootstrap: [bootstrap] })
    const source = bed.path('secret-novel')
    await mkdir(bed.path('secret-novel', 'chapters'), { recursive: true })
    await writeRandomFile(bed.path('secret-novel', 'chapters', 'cover.bin'), 3 * MiB + 5, 1)
    await writeFile(bed.path('secret-novel', 'end.txt'), WORD)

    const seeded = (await seeder.run(['seed', '--encrypt', source])).json() as { cid: string; link: string }
    const { cid, link } = seeded
    expect(seeded).not.toHaveProperty('overlaps')
    expect(seeded).toMatchObject({ name: 'secret-novel', size: 4 * MiB })
    expect(link).toMatch(new RegExp(`^p2pshare:${cid}\\?sealed=1&size=${4 * MiB}#key=[\\w-]{55}$`))
    expect((await seeder.run(['seed', '--encrypt', source])).json()).toMatchObject({ cid, link })
    expect((await seeder.run(['link', '--without-peers', cid])).json()).toMatchObject({ link })

    const cut = await stranger.run(['fetch', link.slice(0, link.indexOf('#'))])
    expect(cut.code).toBe(1)
    expect(cut.stderr).toContain('key is missing')
    expect((await stranger.run(['list'])).json()).toEqual({ shares: [] })

    const folder = bed.folder('kept')
    const kept = await stranger.run(['fetch', cid, '-o', `${folder}/`, '--timeout', '60s'])
    expect(kept, kept.stderr).toMatchObject({ code: 0 })
    const { path, name } = kept.json() as { path: string; name: string }
    expect([name, basename(path)]).toEqual([cid, cid])
    expect((await stat(path)).size).toBe(4 * MiB)
    expect((await readFile(path)).includes(WORD)).toBe(false)
    const late = await stranger.run(['fetch', link])
    expect(late.code).toBe(1)
    expect(late.stderr).toContain(`p2pshare remove ${cid}`)
    expect((await seeder.run(['ls', `${cid}/chapters`])).lines()).toMatchObject([
      { path: 'chapters', done: 3 * MiB + 5 },
      { number: 1, path: 'chapters/cover.bin', done: 3 * MiB + 5 }
    ])
    const chosen = await seeder.run(['select', cid, '*.txt'])
    expect(chosen.stderr).toContain('session.private-whole')
    await seeder.end('SIGTERM')

    const other = (await stranger.run(['seed', '--encrypt', path])).json() as { cid: string; link: string }
    const wrong = await reader.run(['fetch', `p2pshare:${cid}${other.link.slice(other.link.indexOf('#'))}`])
    expect(wrong.code).toBe(5)
    expect(wrong.stderr).toContain('does not open this share')
    expect((await reader.run(['list'])).json()).toEqual({ shares: [] })

    const entries = [
      { kind: 'folder', path: 'chapters', size: 3 * MiB + 5 },
      { kind: 'file', number: 1, path: 'chapters/cover.bin', size: 3 * MiB + 5 },
      { kind: 'file', number: 2, path: 'end.txt', size: WORD.length }
    ]
    const listed = await reader.run(['ls', link, '--timeout', '60s'])
    expect(listed, listed.stderr).toMatchObject({ code: 0 })
    expect(listed.lines()).toEqual(entries)
    const blind = await stranger.run(['ls', cid])
    expect(blind.lines()).toMatchObject([{ kind: 'file', path: '', size: 4 * MiB }])
    for (const part of [['--only', '2'], ['--select', '*.txt'], ['--high', 'end.txt'], ['--pick']])
      expect((await reader.run(['fetch', link, ...part])).stderr).toContain('is fetched whole')
    expect((await reader.run(['list'])).json()).toEqual({ shares: [] })

    const shown = await reader.run(['cat', link, 'end.txt', '--timeout', '60s'])
    expect(shown, shown.stderr).toMatchObject({ code: 0, stdout: WORD })
    expect((await reader.run(['list'])).json()).toEqual({ shares: [] })
    const read = await reader.run(['fetch', link, '-o', `${bed.folder('read')}/`, '--timeout', '60s'])
    expect(read, read.stderr).toMatchObject({ code: 0 })
    expect(read.json()).toMatchObject({ cid, name: 'secret-novel', path: bed.path('read', 'secret-novel') })
    expect(await compareTrees(source, bed.path('read', 'secret-novel'))).toEqual([])

    // What a stranger's daemon learnt is in its log and catalogue, if anywhere.
    expect(stranger.log()).not.toContain('secret-novel')
    for (const daemon of [seeder, stranger, reader]) expect(daemon.log()).not.toContain(link.slice(-55))
  })

  test('that was read is passed on by its reader, after a kill, too', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const seeder = await bed.daemon('seeder', { bootstrap: [bootstrap] })
    const reader = await bed.daemon('reader', { bootstrap: [bootstrap] })
    const next = await bed.daemon('next', { bootstrap: [bootstrap] })
    const source = bed.path('song.bin')
    await writeRandomFile(source, 5 * MiB, 2)
    const { cid, link } = (await seeder.run(['seed', '--encrypt', source])).json() as {
      cid: string
      link: string
    }
    const open = (await seeder.run(['seed', source])).json() as { cid: string }
    expect(open).toMatchObject({ overlaps: [{ cid, path: source }] })
    expect(await seeder.run(['remove', open.cid])).toMatchObject({ code: 0 })
    expect((await seeder.run(['seed', '--encrypt', source])).json()).not.toHaveProperty('overlaps')
    const first = bed.path('first.bin')
    expect(await reader.run(['fetch', link, '-o', first, '--timeout', '60s'])).toMatchObject({ code: 0 })
    await seeder.end('SIGTERM')
    await reader.end('SIGKILL')
    await reader.start()

    const second = bed.path('second.bin')
    const fetched = await next.run(['fetch', link, '-o', second, '--timeout', '60s'])
    expect(fetched, fetched.stderr).toMatchObject({ code: 0 })
    expect(await compareTrees(source, second)).toEqual([])
    expect(await next.run(['remove', cid, '--delete-files'])).toMatchObject({ code: 0 })
    await expect(stat(second)).rejects.toThrow()
  })
})
