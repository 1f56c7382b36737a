import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { bytes, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import { sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const SHARE = sampleShare({
  seed: 5,
  files: [
    { path: ['a', 'b', 'deep.bin'], size: 3000 },
    { path: ['a', 'wide.bin'], size: 5000 },
    { path: ['empty file'], size: 0 },
    { path: ['inline'], size: 20, inline: true },
    { path: ['last.bin'], size: 1025 }
  ],
  folders: [['empty folder']]
})
const [DEEP, WIDE, EMPTY, INLINE, LAST] = [0, 1, 2, 3, 4] as const

const piecesOf = (file: number): PieceIndex[] => {
  const { firstPiece, pieceCount } = SHARE.layout.files.at(file) ?? { firstPiece: 0, pieceCount: 0 }
  return Array.from({ length: pieceCount }, (_, i) => pieceIndex(firstPiece + i))
}

async function write(store: PieceStore, ...files: number[]): Promise<void> {
  for (const piece of files.flatMap(piecesOf)) await store.write(piece, SHARE.block(piece))
}

describe('files that get their place ahead of the rest', () => {
  let bench: StoreBench
  let target: string
  beforeEach(() => {
    bench = storeBench()
    target = join(bench.folder, 'target')
  })
  afterEach(() => bench.dispose())

  const at = (file: number): string => join(target, ...(SHARE.layout.files.at(file)?.diskPath ?? []))
  const tree = (): string[] => (readdirSync(bench.folder, { recursive: true }) as string[]).sort()
  const isRight = (file: number): boolean => readFileSync(at(file)).equals(Buffer.from(SHARE.file(file)))
  const readFirst = async (store: PieceStore, file: number): Promise<Uint8Array> => {
    const piece = piecesOf(file)[0] ?? pieceIndex(0)
    return Uint8Array.from(await store.read(piece, bytes(0), SHARE.layout.blockSize(piece)))
  }
  const placed = async (...files: number[]): Promise<PieceStore> => {
    const store = await bench.fetch(SHARE)
    await write(store, ...files)
    await store.place(files)
    return store
  }
  const again = (): Promise<PieceStore> => {
    bench.restart()
    return bench.open(SHARE)
  }

  it('keep the fetch from going elsewhere, until it is complete', async () => {
    const store = await placed(DEEP)
    await store.close()
    const to = join(bench.folder, 'elsewhere')
    const { signal } = new AbortController()
    await expect(bench.files.relocate(SHARE.cid, SHARE.layout, to, { signal })).rejects.toMatchObject({
      code: 'storage.target-exists',
      message: expect.stringContaining('some files of this fetch are at')
    })
    expect([bench.catalogue.share(SHARE.cid)?.path, isRight(DEEP)]).toEqual([target, true])
  })

  it('lie under their names, and nothing else of the share does', async () => {
    const store = await placed(DEEP, INLINE, EMPTY)
    expect(tree()).toEqual(
      ['target', 'target/a', 'target/a/b', 'target/a/b/deep.bin', 'target/empty file', 'target/inline'].sort()
    )
    expect([DEEP, INLINE, EMPTY].every(isRight)).toBe(true)
    expect(await readFirst(store, DEEP)).toEqual(SHARE.block(pieceIndex(0)))
  })

  it('leave what is not complete in the part folder, and are joined by it', async () => {
    const store = await bench.fetch(SHARE)
    await write(store, DEEP)
    await store.write(piecesOf(WIDE)[0] ?? pieceIndex(0), SHARE.block(piecesOf(WIDE)[0] ?? pieceIndex(0)))
    await store.place([DEEP, WIDE])
    expect(tree()).toContain('.target.p2pshare-part/a/wide.bin')
    expect(existsSync(at(WIDE))).toBe(false)
    await write(store, WIDE)
    await store.place([DEEP, WIDE])
    expect(isRight(WIDE)).toBe(true)
    expect(readdirSync(bench.folder)).toEqual(['target'])
    await write(store, LAST)
    expect(await store.finish()).toBe(target)
    expect(bench.catalogue.share(SHARE.cid)).toMatchObject({ complete: true, partPath: undefined })
    expect([...bench.catalogue.values('storage.placed').query('')]).toEqual([])
    expect([DEEP, WIDE, EMPTY, INLINE, LAST].every(isRight)).toBe(true)
    expect(tree().filter((path) => !path.startsWith('target'))).toEqual([])
    expect(statSync(join(target, 'empty folder')).isDirectory()).toBe(true)
  })

  it('are not hashed again after a clean stop', async () => {
    await (await placed(DEEP, WIDE)).close()
    const before = bench.hashes()
    const store = await again()
    expect(store.have.count).toBe(8)
    expect(await readFirst(store, WIDE)).toEqual(SHARE.block(piecesOf(WIDE)[0] ?? pieceIndex(0)))
    expect(bench.hashes()).toBe(before)
  })

  it('go to a folder of their own: one that is there is never touched, unless it may be replaced', async () => {
    mkdirSync(target)
    writeFileSync(join(target, 'precious'), 'yes')
    const store = await bench.fetch(SHARE)
    await write(store, DEEP)
    await expect(store.place([DEEP])).rejects.toMatchObject({ code: 'storage.target-exists' })
    expect(tree()).toContain('.target.p2pshare-part/a/b/deep.bin')
    await bench.files.checkTarget(target, { force: true })
    await store.place([DEEP])
    expect(isRight(DEEP)).toBe(true)
    expect(readFileSync(join(`${target}.replaced-1`, 'precious'), 'utf8')).toBe('yes')
  })

  it('never take the name of a file that somebody put there', async () => {
    const store = await placed(DEEP)
    writeFileSync(at(LAST), 'precious')
    await write(store, WIDE, LAST)
    await expect(store.place([WIDE, LAST])).rejects.toMatchObject({ code: 'storage.target-exists' })
    expect(readFileSync(at(LAST), 'utf8')).toBe('precious')
    // What got its name before is known to have it.
    expect(isRight(WIDE)).toBe(true)
    expect(await readFirst(store, WIDE)).toEqual(SHARE.block(piecesOf(WIDE)[0] ?? pieceIndex(0)))
    unlinkSync(at(LAST))
    await store.finish()
    expect([DEEP, WIDE, LAST].every(isRight)).toBe(true)
  })

  it('do not go through a link, inside the target or at it', async () => {
    const elsewhere = join(bench.folder, 'elsewhere')
    mkdirSync(elsewhere)
    const store = await placed(LAST)
    symlinkSync(elsewhere, join(target, 'a'))
    await write(store, DEEP)
    await expect(store.place([DEEP])).rejects.toMatchObject({ code: 'storage.write-failed' })
    rmSync(target, { recursive: true })
    symlinkSync(elsewhere, target)
    await expect(store.place([DEEP])).rejects.toMatchObject({ code: 'storage.write-failed' })
    expect(readdirSync(elsewhere)).toEqual([])
  })

  it('that were deleted are told of; put back they count again, and given up they are fetched anew', async () => {
    const aside = join(bench.folder, 'aside')
    await (await placed(DEEP, WIDE)).close()
    renameSync(at(WIDE), aside)
    const store = await again()
    expect(store.strayed((file) => file !== WIDE)).toBeUndefined()
    expect(store.strayed(() => true)).toMatchObject({ code: 'storage.missing', detail: { path: at(WIDE) } })
    await expect(write(store, WIDE)).rejects.toMatchObject({ code: 'storage.missing' })
    renameSync(aside, at(WIDE))
    await store.verify()
    expect([store.strayed(() => true), store.have.count]).toEqual([undefined, 8])
    unlinkSync(at(WIDE))
    await store.verify()
    expect([store.strayed(() => true), store.have.count]).toEqual([undefined, 3])
    await store.close()
    const third = await again()
    expect(third.have.count).toBe(3)
    await write(third, WIDE)
    await third.place([WIDE])
    expect(isRight(WIDE)).toBe(true)
  })

  it('that were changed are told of, and never written over', async () => {
    const store = await placed(DEEP, WIDE)
    writeFileSync(at(WIDE), 'mine now')
    await expect(readFirst(store, WIDE)).rejects.toMatchObject({ code: 'storage.changed' })
    expect(store.strayed(() => true)).toMatchObject({ code: 'storage.changed' })
    await expect(write(store, WIDE)).rejects.toMatchObject({ code: 'storage.changed' })
    await store.close()
    const after = await again()
    expect(after.strayed(() => true)).toMatchObject({ code: 'storage.changed' })
    await after.verify()
    expect(after.strayed(() => true)).toMatchObject({ code: 'storage.changed' })
    await expect(write(after, WIDE)).rejects.toMatchObject({ code: 'storage.changed' })
    expect(readFileSync(at(WIDE), 'utf8')).toBe('mine now')
    writeFileSync(at(WIDE), SHARE.file(WIDE))
    await after.verify()
    expect(after.strayed(() => true)).toBeUndefined()
    expect(after.have.count).toBe(8)
  })

  it('are found after a kill before the catalogue knew, whether the old name was gone or not', async () => {
    const store = await placed(LAST)
    await write(store, DEEP, WIDE)
    await store.flush()
    const part = (...names: string[]): string => join(bench.folder, '.target.p2pshare-part', ...names)
    mkdirSync(join(target, 'a', 'b'), { recursive: true })
    renameSync(part('a', 'b', 'deep.bin'), at(DEEP))
    linkSync(part('a', 'wide.bin'), at(WIDE))
    const after = await again()
    expect(after.have.count).toBe(10)
    expect(after.strayed(() => true)).toBeUndefined()
    await after.place([DEEP, WIDE])
    expect(readdirSync(bench.folder)).toEqual(['target'])
    await after.close()
    expect((await again()).have.count).toBe(10)
  })

  it('are complete after a kill between the last name and the end', async () => {
    const store = await placed(DEEP, WIDE, LAST)
    await store.place([EMPTY, INLINE])
    const after = await again()
    expect(after.have.isFull).toBe(true)
    expect(bench.catalogue.share(SHARE.cid)?.complete).toBe(false)
    unlinkSync(at(EMPTY))
    await after.finish()
    expect(isRight(EMPTY)).toBe(true)
    expect(bench.catalogue.share(SHARE.cid)?.complete).toBe(true)
  })

  it('stay when the share is removed, and go with it when they shall, what was changed excepted', async () => {
    const store = await placed(DEEP, LAST)
    await write(store, WIDE)
    await store.close()
    writeFileSync(at(LAST), 'mine now')
    writeFileSync(at(WIDE), 'mine, too')
    await bench.files.remove(SHARE.cid, SHARE.layout, { content: true })
    expect(tree()).toEqual(['target', 'target/a', 'target/a/wide.bin', 'target/last.bin'])

    const kept = sampleShare({ seed: 6, files: [{ size: 10 }, { size: 2000 }] })
    const other = await bench.fetch(kept, 'kept')
    await other.write(pieceIndex(0), kept.block(pieceIndex(0)))
    await other.place([0])
    await other.close()
    await bench.files.remove(kept.cid, kept.layout, { content: false })
    expect(readFileSync(join(bench.folder, 'kept', 'folder 0', 'file 0'))).toEqual(Buffer.from(kept.file(0)))
    expect([...bench.catalogue.values('storage.placed').query('')]).toEqual([])
  })
})
