import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { bytes, isShareError, MiB, pieceIndex, seededRng } from '@p2pshare/base'
import { PIECE_SIZE, PLAIN_PER_BLOCK, type ShareLayout } from '@p2pshare/content'
import type { ImportedShare, PieceStore } from '@p2pshare/ports'
import { randomBytes, sampleRecord } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentKey, keyCheck, openBlock, sealBlock } from '../src/sealed/seal.ts'
import { smallDisk } from './harness/small-disk.ts'
import { type StoreBench, seedImported, storeBench } from './harness/store-bench.ts'

const never = new AbortController().signal
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i)
const CID = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const block = (store: PieceStore, piece: number): Promise<Uint8Array> =>
  store.read(pieceIndex(piece), bytes(0), bytes(PIECE_SIZE))

describe('sealing', () => {
  it('has fixed results', () => {
    expect(hex(contentKey(SECRET))).toBe('3a2d48beb0c6a7a619cbf30d424517149a27b2b3201003f8628a0d00c14e209d')
    expect(hex(keyCheck(SECRET, CID))).toBe('b6c654afb8b676fb')
    const sealed = Uint8Array.from({ length: PIECE_SIZE }, (_, i) => i % 251)
    sealBlock(contentKey(SECRET), 3, sealed)
    expect(hex(sealed.subarray(0, 16))).toBe('822969dc6a69975310f902c15938faa5')
    expect(hex(sealed.subarray(PLAIN_PER_BLOCK))).toBe('fe30226ad47003dadb9109907c50b3d2')
  })

  it('opens again with the same key at the same place alone, and with no bit flipped', () => {
    const rng = seededRng(5)
    const plain = randomBytes(rng, PIECE_SIZE)
    const sealed = plain.slice()
    const key = contentKey(SECRET)
    sealBlock(key, 7, sealed)
    expect(openBlock(key, 7, sealed.slice())).toEqual(plain.subarray(0, PLAIN_PER_BLOCK))
    expect(openBlock(key, 8, sealed.slice())).toBeUndefined()
    expect(openBlock(contentKey(new Uint8Array(32)), 7, sealed.slice())).toBeUndefined()
    expect(openBlock(key, 7, sealed.slice(0, -1))).toBeUndefined()
    const places = [0, PLAIN_PER_BLOCK - 1, PLAIN_PER_BLOCK, PIECE_SIZE - 1]
    for (let i = 0; i < 20; i++) places.push(rng.below(PIECE_SIZE))
    for (const place of places) {
      const flipped = sealed.slice()
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
      expect(openBlock(key, 7, flipped), `byte ${place}`).toBeUndefined()
    }
  })

  it('checks keys by secret and share', () => {
    expect(keyCheck(SECRET, CID)).not.toEqual(keyCheck(new Uint8Array(32), CID))
    expect(keyCheck(SECRET, CID)).not.toEqual(keyCheck(SECRET, `${CID}x`))
  })
})

describe('a private share', () => {
  let bench: StoreBench
  let away: StoreBench
  let root: string
  beforeEach(() => {
    bench = storeBench()
    away = storeBench()
    root = join(bench.folder, 'secret plans')
    mkdirSync(join(root, 'sub', 'empty'), { recursive: true })
    writeFileSync(join(root, 'big'), randomBytes(seededRng(1), 2 * MiB + 77))
    writeFileSync(join(root, 'sub', 'CON'), 'device?')
    writeFileSync(join(root, 'sub', 'nothing'), '')
    for (const name of ['big', 'sub/CON', 'sub/nothing']) utimesSync(join(root, name), 1, 1)
  })
  afterEach(async () => {
    await bench.dispose()
    await away.dispose()
  })

  async function importRoot(earlier?: ImportedShare): Promise<ImportedShare> {
    const known = earlier && { cid: earlier.layout.root.toString(), layout: earlier.layout }
    return bench.files.import(root, { signal: never, sealed: true, earlier: () => known })
  }

  async function seed(share: ImportedShare): Promise<PieceStore> {
    share.record?.()
    return seedImported(bench, share)
  }

  /** Makes the share a fetch of the other machine, with its key unless it is to be kept blindly. */
  async function beginFetch(share: ImportedShare, secret?: Uint8Array): Promise<PieceStore> {
    const cid = share.layout.root.toString()
    const record = sampleRecord(cid, {
      name: cid,
      path: join(away.folder, cid),
      partPath: undefined,
      size: share.layout.size,
      pieces: share.layout.pieceCount
    })
    away.catalogue.putShare(record)
    if (secret !== undefined) away.files.takeKey(cid, { secret, check: keyCheck(secret, cid) })()
    return away.open({ cid, layout: share.layout })
  }

  async function copyAll(from: PieceStore, to: PieceStore, layout: ShareLayout): Promise<void> {
    for (let piece = layout.pieceCount - 1; piece >= 0; piece--)
      await to.write(pieceIndex(piece), await block(from, piece))
  }

  const keyOf = (share: ImportedShare): Uint8Array => {
    const key = bench.files.keyOf(share.layout.root.toString())
    if (key === undefined) throw new Error('no key')
    return key.secret
  }

  it('is one file of whole blocks that tells nothing of what is in it, and no copy is made', async () => {
    const share = await importRoot()
    expect(share.layout).toMatchObject({ kind: 'file', pieceCount: 3, size: 3 * MiB })
    const store = await seed(share)
    const all = Buffer.concat([await block(store, 0), await block(store, 1), await block(store, 2)])
    for (const word of ['secret plans', 'device?', 'nothing']) expect(all.includes(word), word).toBe(false)
    expect(all.includes(readFileSync(join(root, 'big')).subarray(0, 64))).toBe(false)
    expect(readdirSync(bench.folder)).toEqual(['secret plans'])
  })

  it('is read block by block before all of it is here, by who has its key', async () => {
    const share = await importRoot()
    const cid = share.layout.root.toString()
    const store = await seed(share)
    const open = bench.files.opener(cid)
    const second = open?.(1, (await block(store, 1)).slice())
    const big = readFileSync(join(root, 'big'))
    expect(second !== undefined && big.includes(Buffer.from(second))).toBe(true)
    // Not at another place, and not by who has no key.
    expect(open?.(2, (await block(store, 1)).slice())).toBeUndefined()
    expect(away.files.opener(cid)).toBeUndefined()
  })

  it('has another key and hash each time it is made, and the same while nothing changed', async () => {
    const first = await importRoot()
    await seed(first)
    const again = await importRoot(first)
    expect(again).toMatchObject({ hashedBytes: 0, layout: { root: first.layout.root } })
    expect((await importRoot()).layout.root.toString()).not.toBe(first.layout.root.toString())
    writeFileSync(join(root, 'sub', 'new'), 'x')
    utimesSync(join(root, 'sub', 'new'), 1, 1)
    const changed = await importRoot(first)
    expect(changed.hashedBytes).toBeGreaterThan(0)
    expect(changed.layout.root.toString()).not.toBe(first.layout.root.toString())
  })

  it('is opened by who has its key, under safe names, and is made of the plain files from then on', async () => {
    const share = await importRoot()
    const store = await seed(share)
    const fetched = await beginFetch(share, keyOf(share))
    await copyAll(store, fetched, share.layout)
    const target = await fetched.finish()
    expect(target).toBe(join(away.folder, 'secret plans'))
    expect(readFileSync(join(target, 'big'))).toEqual(readFileSync(join(root, 'big')))
    expect(readFileSync(join(target, 'sub', '_CON'), 'utf8')).toBe('device?')
    expect(statSync(join(target, 'sub', 'nothing')).size).toBe(0)
    expect(statSync(join(target, 'sub', 'empty')).isDirectory()).toBe(true)
    expect(readdirSync(away.folder)).toEqual(['secret plans'])
    expect(away.catalogue.share(share.layout.root.toString())).toMatchObject({
      name: 'secret plans',
      complete: true,
      path: target
    })
    for (const piece of [0, 1, 2]) expect(await block(fetched, piece)).toEqual(await block(store, piece))
    await fetched.close()
    away.restart()
    const reopened = await away.open({ cid: share.layout.root.toString(), layout: share.layout })
    expect(reopened.have.isFull).toBe(true)
    expect(await block(reopened, 1)).toEqual(await block(store, 1))
  })

  it('of one file is opened as that file', async () => {
    const share = await bench.files.import(join(root, 'big'), { signal: never, sealed: true })
    const store = await seed(share)
    const fetched = await beginFetch(share, keyOf(share))
    await copyAll(store, fetched, share.layout)
    expect(readFileSync(await fetched.finish())).toEqual(readFileSync(join(root, 'big')))
    expect(readdirSync(away.folder)).toEqual(['big'])
  })

  it('is opened to the disk of its target, wherever its part file lies', async ({ skip }) => {
    const disk = smallDisk('size=8m')
    if (typeof disk === 'string') return skip(disk)
    try {
      await away.dispose()
      away = storeBench({ partFolder: () => disk.path })
      const share = await importRoot()
      const store = await seed(share)
      const fetched = await beginFetch(share, keyOf(share))
      await copyAll(store, fetched, share.layout)
      expect(readdirSync(disk.path)).toHaveLength(1)
      await fetched.bringHome()
      const target = await fetched.finish()
      expect(readFileSync(join(target, 'big'))).toEqual(readFileSync(join(root, 'big')))
      expect([readdirSync(away.folder), readdirSync(disk.path)]).toEqual([['secret plans'], []])
    } finally {
      disk.dispose()
    }
  })

  it('is kept as it is by who has no key, and passed on from there', async () => {
    const share = await importRoot()
    const store = await seed(share)
    const blind = await beginFetch(share)
    await copyAll(store, blind, share.layout)
    const target = await blind.finish()
    expect(statSync(target).size).toBe(3 * MiB)
    expect(await block(blind, 2)).toEqual(await block(store, 2))
  })

  it('takes no key of another share, and finds a false one by the first block that comes', async () => {
    const share = await importRoot()
    const store = await seed(share)
    const cid = share.layout.root.toString()
    const wrong = new Uint8Array(32)
    expect(() => away.files.takeKey(cid, { secret: wrong, check: keyCheck(wrong, CID) })).toThrow(
      /does not open/
    )
    const fetched = await beginFetch(share, wrong)
    for (const piece of [2, 0])
      await expect(fetched.write(pieceIndex(piece), await block(store, piece))).rejects.toMatchObject({
        code: 'content.wrong-key'
      })
    expect(fetched.have.count).toBe(0)
  })

  it('goes on after a kill while it was opened, or just after it got its name', async () => {
    const share = await importRoot()
    const store = await seed(share)
    const cid = share.layout.root.toString()
    const fetched = await beginFetch(share, keyOf(share))
    await copyAll(store, fetched, share.layout)
    await fetched.close()
    // Killed before: half a tree lies there.
    const part = away.catalogue.share(cid)?.partPath ?? ''
    const plainPart = part.replace('.p2pshare-part', '.plain.p2pshare-part')
    mkdirSync(plainPart)
    writeFileSync(join(plainPart, 'big'), 'half')
    away.restart()
    const { putShare } = away.catalogue
    // Killed after the rename, before the catalogue knows.
    away.catalogue.putShare = (record) => {
      if (record.complete) throw new Error('killed')
      putShare.call(away.catalogue, record)
    }
    const second = await away.open({ cid, layout: share.layout })
    expect(second.have.isFull).toBe(true)
    await expect(second.finish()).rejects.toThrow()
    expect(existsSync(join(away.folder, 'secret plans'))).toBe(true)
    expect(existsSync(part)).toBe(true)
    away.catalogue.putShare = putShare
    await second.close()
    away.restart()
    const third = await away.open({ cid, layout: share.layout })
    expect(await third.finish()).toBe(join(away.folder, 'secret plans'))
    expect(readdirSync(away.folder)).toEqual(['secret plans'])
    expect(await block(third, 0)).toEqual(await block(store, 0))
  })

  it('never replaces what has its name', async () => {
    const share = await importRoot()
    const store = await seed(share)
    writeFileSync(join(away.folder, 'secret plans'), 'mine')
    const fetched = await beginFetch(share, keyOf(share))
    await copyAll(store, fetched, share.layout)
    expect(await fetched.finish()).toBe(join(away.folder, share.layout.root.toString()))
    expect(readFileSync(join(away.folder, 'secret plans'), 'utf8')).toBe('mine')
  })

  it('gives out no block of a file that was changed, even under its old times', async () => {
    const share = await importRoot()
    const store = await seed(share)
    const big = join(root, 'big')
    const content = readFileSync(big)
    content[PLAIN_PER_BLOCK + 9000] = (content[PLAIN_PER_BLOCK + 9000] ?? 0) ^ 1
    writeFileSync(big, content)
    utimesSync(big, 1, 1)
    await expect(block(store, 1)).rejects.toMatchObject({ code: 'storage.changed' })
    expect(store.have.has(1)).toBe(false)
    expect(await block(store, 2)).toHaveLength(PIECE_SIZE)
  })

  it('lacks what a restart finds changed or gone, and has it again when it is back', async () => {
    const share = await importRoot()
    await (await seed(share)).close()
    const cid = share.layout.root.toString()
    renameSync(join(root, 'big'), join(bench.folder, 'elsewhere'))
    bench.restart()
    const without = await bench.open({ cid, layout: share.layout })
    expect(without.have.count).toBe(0)
    await expect(block(without, 0)).rejects.toMatchObject({ code: 'storage.missing' })
    renameSync(join(bench.folder, 'elsewhere'), join(root, 'big'))
    await without.verify()
    expect(without.have.isFull).toBe(true)
    bench.restart()
    expect((await bench.open({ cid, layout: share.layout })).have.isFull).toBe(true)
  })

  it('is removed with its key; of its files only those that are still what was shared', async () => {
    const share = await importRoot()
    await (await seed(share)).close()
    const cid = share.layout.root.toString()
    writeFileSync(join(root, 'sub', 'CON'), 'changed')
    await bench.files.remove(cid, share.layout, { content: true })
    expect(bench.files.keyOf(cid)).toBeUndefined()
    expect(existsSync(join(root, 'big'))).toBe(false)
    expect(readFileSync(join(root, 'sub', 'CON'), 'utf8')).toBe('changed')
  })

  it('leaves its files where they are unless told', async () => {
    const share = await importRoot()
    await (await seed(share)).close()
    await bench.files.remove(share.layout.root.toString(), share.layout, { content: false })
    expect(existsSync(join(root, 'big'))).toBe(true)
  })

  it('is not made of what was stopped', async () => {
    const stop = new AbortController()
    stop.abort()
    const failure = await bench.files
      .import(root, { signal: stop.signal, sealed: true })
      .catch((e: unknown) => e)
    expect(isShareError(failure, 'network.aborted')).toBe(true)
  })
})
