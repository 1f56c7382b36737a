import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { bytes, MiB, pieceIndex, seededRng } from '@p2pshare/base'
import { PIECE_SIZE, type ShareLayout } from '@p2pshare/content'
import type { ImportedShare, PieceStore } from '@p2pshare/ports'
import { randomBytes } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_ROOTS } from '../src/several/roots-error.ts'
import { type StoreBench, seedImported, storeBench } from './harness/store-bench.ts'

const never = new AbortController().signal

describe('several paths as one share', () => {
  let bench: StoreBench
  /** `one/film.bin`, `two/album/{a,sub/CON}`, `two/empty/`. */
  let at: (...names: string[]) => string
  beforeEach(() => {
    bench = storeBench()
    at = (...names) => join(bench.folder, ...names)
    mkdirSync(at('one'))
    mkdirSync(at('two', 'album', 'sub'), { recursive: true })
    mkdirSync(at('two', 'empty'))
    writeOld(at('one', 'film.bin'), randomBytes(seededRng(1), 2 * MiB + 7))
    writeOld(at('two', 'album', 'a'), 'song')
    writeOld(at('two', 'album', 'sub', 'CON'), 'device?')
  })
  afterEach(() => bench.dispose())

  const paths = (): string[] => [at('two', 'album'), at('one', 'film.bin'), at('two', 'empty')]
  const importAll = (earlier?: ImportedShare, sealed = false): Promise<ImportedShare> => {
    const known = earlier && { cid: earlier.layout.root.toString(), layout: earlier.layout }
    return bench.files.import({ name: 'x', paths: paths() }, { signal: never, sealed, earlier: () => known })
  }
  const seed = async (share: ImportedShare): Promise<PieceStore> => {
    share.record?.()
    return seedImported(bench, share)
  }
  const reopen = (share: ImportedShare): Promise<PieceStore> =>
    bench.open({ cid: share.layout.root.toString(), layout: share.layout })
  const remove = (share: ImportedShare, content: boolean): Promise<void> =>
    bench.files.remove(share.layout.root.toString(), share.layout, { content })

  it('have the hash that a folder with these entries has, and are read where they lie', async () => {
    const share = await importAll()
    for (const path of paths()) cpSync(path, at('x', path.split('/').at(-1) ?? ''), { recursive: true })
    const folder = await bench.files.import(at('x'), { signal: never })
    expect(share.layout.root.toString()).toBe(folder.layout.root.toString())
    expect(share).toMatchObject({ name: 'x', path: bench.folder, skipped: [] })
    expect(share.roots).toEqual([
      { name: 'album', path: at('two', 'album') },
      { name: 'empty', path: at('two', 'empty') },
      { name: 'film.bin', path: at('one', 'film.bin') }
    ])
    rmSync(at('x'), { recursive: true })
    const store = await seed(share)
    expect(store.have.isFull).toBe(true)
    expect(await allOf(store, share.layout)).toHaveLength(2 * MiB + 7 + 'song'.length + 'device?'.length)
    expect(bench.files.rootsOf(share.layout.root.toString())).toEqual(share.roots)
  })

  it('are not read again while nothing changed, and of one that moved or changed only that', async () => {
    const first = await importAll()
    await seed(first)
    expect((await importAll(first)).hashedBytes).toBe(0)
    const fewer = await bench.files.import(
      { name: 'y', paths: [at('two', 'album'), at('two', 'empty')] },
      { signal: never, earlier: () => ({ cid: first.layout.root.toString(), layout: first.layout }) }
    )
    expect([fewer.hashedBytes, fewer.path]).toEqual([0, at('two')])
    writeOld(at('two', 'album', 'a'), 'tune')
    expect((await importAll(first)).hashedBytes).toBe('tune'.length)
    mkdirSync(at('three'))
    renameSync(at('two', 'album'), at('three', 'album'))
    const moved = await bench.files.import(
      { name: 'x', paths: [at('three', 'album'), at('one', 'film.bin'), at('two', 'empty')] },
      { signal: never, earlier: () => ({ cid: first.layout.root.toString(), layout: first.layout }) }
    )
    expect(moved.hashedBytes).toBe('tune'.length + 'device?'.length)
  })

  it('lose only what of them changed or went away, and the error names it', async () => {
    const share = await importAll()
    const store = await seed(share)
    const [album] = [...share.layout.files.entries()].filter(([, { path }]) => path[1] === 'a')
    const piece = pieceIndex(album?.[1].firstPiece ?? 0)
    renameSync(at('two', 'album', 'a'), at('away'))
    await expect(store.read(piece, bytes(0), bytes(1))).rejects.toMatchObject({
      code: 'storage.missing',
      message: expect.stringContaining(at('two', 'album', 'a'))
    })
    await store.close()
    bench.restart()
    const again = await reopen(share)
    expect([again.have.count, again.have.has(piece)]).toEqual([again.have.length - 1, false])
    renameSync(at('away'), at('two', 'album', 'a'))
    await again.verify()
    expect(again.have.isFull).toBe(true)
    appendFileSync(at('one', 'film.bin'), 'more')
    writeFileSync(at('two', 'album', 'a'), 'gnos')
    await again.verify()
    expect([again.have.count, again.have.has(piece)]).toEqual([again.have.length - 1, false])
  })

  it('are found again after a restart without hashing', async () => {
    const share = await importAll()
    await (await seed(share)).close()
    bench.restart()
    const hashes = bench.hashes()
    expect((await reopen(share)).have.isFull).toBe(true)
    expect(bench.hashes()).toBe(hashes)
  })

  it('private too, are found again after a restart; a member that changed takes its blocks, and gets another key', async () => {
    const first = await importAll(undefined, true)
    await (await seed(first)).close()
    bench.restart()
    const hashes = bench.hashes()
    const reopened = await reopen(first)
    expect([reopened.have.isFull, bench.hashes()]).toEqual([true, hashes])
    expect((await importAll(first, true)).layout.root.equals(first.layout.root)).toBe(true)
    // The end of the film lies in the last block alone.
    const blocks = await Promise.all(
      [0, 1, 2].map((piece) => reopened.read(pieceIndex(piece), bytes(0), bytes(PIECE_SIZE)))
    )
    await reopened.close()
    const film = randomBytes(seededRng(1), 2 * MiB + 7)
    film[2 * MiB + 1] = (film[2 * MiB + 1] ?? 0) ^ 1
    writeOld(at('one', 'film.bin'), film)
    bench.restart()
    const older = await reopen(first)
    expect([0, 1, 2].map((piece) => older.have.has(piece))).toEqual([true, true, false])
    await expect(older.read(pieceIndex(2), bytes(0), bytes(1))).rejects.toMatchObject({
      code: 'storage.missing'
    })
    const newer = await importAll(first, true)
    expect(newer.layout.root.equals(first.layout.root)).toBe(false)
    const store = await seed(newer)
    // One more bit under the old key and nonces would lay open both texts.
    for (const [piece, block] of blocks.entries())
      expect(await store.read(pieceIndex(piece), bytes(0), bytes(PIECE_SIZE))).not.toEqual(block)
    expect(bench.files.keyOf(newer.layout.root.toString())?.secret).not.toEqual(
      bench.files.keyOf(first.layout.root.toString())?.secret
    )
  })

  for (const sealed of [false, true])
    it(`are removed with their files only when that is wanted, and nothing else${sealed ? ', private too' : ''}`, async () => {
      const share = await importAll(undefined, sealed)
      await (await seed(share)).close()
      writeFileSync(at('one', 'other'), 'not of the share')
      writeFileSync(at('two', 'album', 'other'), 'not of the share')
      await remove(share, false)
      expect([existsSync(at('one', 'film.bin')), existsSync(at('two', 'album', 'a'))]).toEqual([true, true])
      expect(bench.files.rootsOf(share.layout.root.toString())).toBe(undefined)
      await (await seed(share)).close()
      writeFileSync(at('two', 'album', 'sub', 'CON'), 'changed since it was shared')
      await remove(share, true)
      expect(readdirSync(bench.folder, { recursive: true }).map(String).sort()).toEqual([
        'one',
        'one/other',
        'two',
        'two/album',
        'two/album/other',
        'two/album/sub',
        'two/album/sub/CON'
      ])
    })

  it('keep what was changed, also when a check has looked at it since', async () => {
    const share = await importAll()
    const store = await seed(share)
    writeFileSync(at('two', 'album', 'a'), 'gnos')
    await store.verify()
    await store.close()
    await remove(share, true)
    expect([existsSync(at('two', 'album', 'a')), existsSync(at('one', 'film.bin'))]).toEqual([true, false])
  })

  it('give way to a share of one path with the same hash', async () => {
    const share = await importAll()
    const cid = share.layout.root.toString()
    await (await seed(share)).close()
    for (const path of paths()) cpSync(path, at('x', path.split('/').at(-1) ?? ''), { recursive: true })
    const folder = await bench.files.import(at('x'), { signal: never })
    const store = await seed(folder)
    expect([cid, bench.files.rootsOf(cid)]).toEqual([folder.layout.root.toString(), undefined])
    rmSync(at('one'), { recursive: true })
    expect(await allOf(store, folder.layout)).toHaveLength(folder.layout.size)
  })

  it('lie in a folder like any other once their share was given its path', async () => {
    const share = await importAll()
    await (await seed(share)).close()
    for (const path of paths()) cpSync(path, at('x', path.split('/').at(-1) ?? ''), { recursive: true })
    const cid = share.layout.root.toString()
    const record = bench.catalogue.share(cid)
    if (record !== undefined) bench.catalogue.putShare({ ...record, path: at('x') })
    rmSync(at('one'), { recursive: true })
    rmSync(at('two'), { recursive: true })
    bench.restart()
    expect((await reopen(share)).have.isFull).toBe(true)
    expect(bench.files.rootsOf(cid)).toBe(undefined)
  })

  it('can be a private share: read in place, the same again while nothing changed, and no longer after', async () => {
    const share = await importAll(undefined, true)
    const store = await seed(share)
    expect(await allOf(store, share.layout)).toHaveLength(share.layout.size)
    const again = await importAll(share, true)
    expect([again.hashedBytes, again.layout.root.toString()]).toEqual([0, share.layout.root.toString()])
    expect(again).toMatchObject({ name: 'x', path: bench.folder, roots: share.roots })
    await store.close()
    bench.restart()
    expect((await reopen(share)).have.isFull).toBe(true)
    appendFileSync(at('two', 'album', 'a'), '!')
    expect((await importAll(share, true)).layout.root.toString()).not.toBe(share.layout.root.toString())
  })

  const wishes: [string, (at: (...names: string[]) => string) => string[], string, RegExp][] = [
    ['with the same name', (at) => [at('d1', 'a'), at('d2', 'a')], 'storage.same-name', /d1\/a and .*d2\/a/],
    ['that differ in case', (at) => [at('d1', 'a'), at('d2', 'A')], 'storage.same-name', /only in case/],
    ['that differ in form', (at) => [at('d1', 'é'), at('d2', 'e\u0301')], 'storage.same-name', /accents/],
    ['named twice', (at) => [at('d1', 'a'), at('d1', '.', 'a')], 'storage.path-inside', /named twice/],
    [
      'one inside another',
      (at) => [at('d1'), at('d2', 'a'), at('d1', 'é')],
      'storage.path-inside',
      /lies in .*d1,/
    ],
    ['one inside by a link', (at) => [at('d1'), at('link')], 'storage.path-inside', /lies in .*d1,/],
    ['of which one is not there', (at) => [at('d1'), at('gone')], 'storage.no-such-path', /gone/],
    ['of which one is the daemon’s', (at) => [at('d1'), at('home', 'key')], 'storage.own-data', /home\/key/],
    ['of which one has no name', (at) => [at('d1'), '/'], 'storage.unusable-name', /is empty/],
    [
      'that are too many',
      (at) => Array.from({ length: MAX_ROOTS + 1 }, (_, i) => at(`${i}`)),
      'storage.too-many-paths',
      /10001 paths/
    ]
  ]
  for (const [what, make, code, words] of wishes)
    it(`${what} are refused before anything is hashed`, async () => {
      for (const name of ['d1', 'd2', 'home']) mkdirSync(at(name))
      for (const [folder, name] of [
        ['d1', 'a'],
        ['d2', 'a'],
        ['d2', 'A'],
        ['d1', 'é'],
        ['d2', 'e\u0301'],
        ['home', 'key']
      ])
        writeFileSync(at(folder ?? '', name ?? ''), 'text')
      symlinkSync(at('d1', 'a'), at('link'))
      const own = storeBench({ folder: bench.folder, ownData: [at('home')] })
      const wish = { name: 'x', paths: make(at) }
      await expect(own.files.import(wish, { signal: never })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(words)
      })
      await expect(own.files.import(wish, { signal: never, sealed: true })).rejects.toMatchObject({ code })
      expect(own.hashes()).toBe(0)
    })

  it('need a name that every system can have', async () => {
    const bad = [
      '',
      '.',
      '..',
      'a/b',
      'a\\b',
      'x\0',
      'nul.txt',
      'COM1',
      'a:b',
      'a\nb',
      'a\u202eb',
      'end.',
      ' x',
      'ö'.repeat(128),
      '.x.p2pshare-part'
    ]
    for (const name of bad)
      await expect(
        bench.files.import({ name, paths: paths() }, { signal: never }),
        name
      ).rejects.toMatchObject({
        code: 'content.malformed-share-name'
      })
    for (const name of ['ö'.repeat(127), 'Urlaub 2026', 'a.b', '旅行'])
      expect((await bench.files.import({ name, paths: paths() }, { signal: never })).name).toBe(name)
  })
})

/** Not touched a moment ago. */
function writeOld(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content)
  utimesSync(path, 1, 1)
}

/** All that a share holds, piece by piece. */
async function allOf(store: PieceStore, layout: ShareLayout): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  for (let piece = 0; piece < layout.pieceCount; piece++) {
    const size = layout.blockSize(pieceIndex(piece))
    expect(size).toBeLessThanOrEqual(PIECE_SIZE)
    blocks.push(await store.read(pieceIndex(piece), bytes(0), bytes(size)))
  }
  return Buffer.concat(blocks)
}
