import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { OpenOptions, PieceStore } from '@p2pshare/ports'
import { type SampleShare, sampleRecord, sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const FOLDER = sampleShare({
  seed: 11,
  files: [
    { path: ['a', 'one.bin'], size: 5000 },
    { path: ['a', 'two.bin'], size: 3000 },
    { path: ['empty file'], size: 0 },
    { path: ['inline'], size: 20, inline: true },
    { path: ['three.bin'], size: 1025 }
  ],
  folders: [['empty folder']]
})
const [ONE, TWO, EMPTY, INLINE, THREE] = [0, 1, 2, 3, 4] as const
const FILE = sampleShare({ seed: 12, files: [{ size: 10 * 1024 + 1 }] })

describe('adopting what is at the target', () => {
  let bench: StoreBench
  let target: string
  beforeEach(() => {
    bench = storeBench()
    target = join(bench.folder, 'target')
  })
  afterEach(() => bench.dispose())

  const at = (file: number): string => join(target, ...(FOLDER.layout.files.at(file)?.diskPath ?? []))
  const put = (file: number, data: Uint8Array = FOLDER.file(file)): void => {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), data)
  }
  const tree = (): string[] =>
    readdirSync(bench.folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(bench.folder, name)).isFile())
      .sort()
  const open = async (share: SampleShare, options: OpenOptions = {}): Promise<PieceStore> =>
    bench.files.open(share.cid, share.layout, options)
  const wish = async (share: SampleShare, force = false): Promise<void> => {
    await bench.files.checkTarget(target, { force, adopt: true })
    bench.catalogue.putShare(
      sampleRecord(share.cid, {
        path: target,
        partPath: undefined,
        size: share.layout.size,
        pieces: share.layout.pieceCount
      })
    )
  }
  const adopt = async (share: SampleShare, force = false): Promise<PieceStore> => {
    await wish(share, force)
    return open(share)
  }
  const fetchRest = async (store: PieceStore, share: SampleShare): Promise<number> => {
    let fetched = 0
    for (let piece = store.have.nextClear(0); piece !== -1; piece = store.have.nextClear(0), fetched++)
      await store.write(piece as PieceIndex, share.block(pieceIndex(piece)))
    expect(await store.finish()).toBe(target)
    for (const file of share.layout.files.keys())
      expect(readFileSync(join(target, ...(share.layout.files.at(file)?.diskPath ?? [])))).toEqual(
        Buffer.from(share.file(file))
      )
    await store.close()
    return fetched
  }

  it('uses whole files where they are, completes others, and leaves strangers alone', async () => {
    put(ONE)
    put(TWO, FOLDER.file(TWO).slice(0, 1500))
    put(INLINE)
    writeFileSync(join(target, 'a', 'mine.txt'), 'mine')
    const inode = statSync(at(ONE)).ino
    let looked = 0
    await wish(FOLDER)
    const store = await open(FOLDER, { onLooked: (n) => (looked += n) })
    expect(looked).toBe(8020)
    expect([...store.have.ones()]).toEqual([0, 1, 2, 3, 4, 5])
    expect(bench.files.adopted(FOLDER.cid)).toBe(5000 + 1024 + 20)
    expect(tree()).toEqual([
      '.target.p2pshare-part/a/two.bin',
      'target/a/mine.txt',
      'target/a/one.bin',
      'target/inline'
    ])
    expect(await fetchRest(store, FOLDER)).toBe(4)
    expect(statSync(at(ONE)).ino).toBe(inode)
    expect(readFileSync(join(target, 'a', 'mine.txt'), 'utf8')).toBe('mine')
    expect(readdirSync(bench.folder)).toEqual(['target'])
    expect([...bench.catalogue.values('storage.adopt').query('')]).toEqual([])
  })

  it('of a complete copy needs nothing else, and not a write', async () => {
    for (const file of [ONE, TWO, EMPTY, INLINE, THREE]) put(file)
    mkdirSync(join(target, 'empty folder'))
    const before = statSync(at(THREE), { bigint: true }).ctimeNs
    expect(await fetchRest(await adopt(FOLDER), FOLDER)).toBe(0)
    expect(statSync(at(THREE), { bigint: true }).ctimeNs).toBe(before)
    expect(bench.catalogue.share(FOLDER.cid)?.complete).toBe(true)
    expect(bench.files.adopted(FOLDER.cid)).toBe(FOLDER.layout.size)
  })

  it('goes on with one file, whole, begun or empty', async () => {
    for (const [size, pieces] of [
      [FILE.layout.size, 0],
      [5000, 7],
      [0, 11]
    ] as const) {
      writeFileSync(target, FILE.file(0).slice(0, size))
      expect(await fetchRest(await adopt(FILE), FILE)).toBe(pieces)
      expect(readdirSync(bench.folder)).toEqual(['target'])
      await bench.files.remove(FILE.cid, FILE.layout, { content: true })
      bench.catalogue.removeShare(FILE.cid)
    }
  })

  it('fills holes and zeros, as other tools leave them', async () => {
    const data = FILE.file(0)
    data.fill(0, 2048, 4096)
    writeFileSync(target, data)
    expect(await fetchRest(await adopt(FILE), FILE)).toBe(2)
  })

  it('of nothing is a fetch as usual', async () => {
    expect(await fetchRest(await adopt(FOLDER), FOLDER)).toBe(FOLDER.layout.pieceCount)
  })

  describe('where bytes would be lost', () => {
    const cases: [string, () => void][] = [
      ['bytes in the middle', () => put(ONE, FOLDER.file(ONE).fill(7, 1024, 1030))],
      ['bytes at the end', () => put(ONE, Buffer.concat([FOLDER.file(ONE), Buffer.from('more')]))],
      ['another file', () => put(ONE, Buffer.from('something else altogether'))],
      [
        'another name of the file',
        () => {
          put(ONE, FOLDER.file(ONE).slice(0, 2048))
          linkSync(at(ONE), join(bench.folder, 'linked'))
        }
      ]
    ]
    it.each(cases)('does nothing but say so: %s', async (_, make) => {
      make()
      put(TWO, FOLDER.file(TWO).slice(0, 1024))
      const before = tree().map((path) => [path, readFileSync(join(bench.folder, path))])
      await expect(adopt(FOLDER)).rejects.toMatchObject({
        code: 'storage.adopt-differs',
        detail: { path: at(ONE), count: 1 }
      })
      expect(tree().map((path) => [path, readFileSync(join(bench.folder, path))])).toEqual(before)
      // Still so after a restart, and no trace is left when it is given up.
      bench.restart()
      await expect(open(FOLDER)).rejects.toMatchObject({ code: 'storage.adopt-differs' })
      await bench.files.remove(FOLDER.cid, FOLDER.layout, { content: true })
      expect(tree().map((path) => [path, readFileSync(join(bench.folder, path))])).toEqual(before)
    })

    it.each(cases)('repairs or keeps them aside where that is allowed: %s', async (what, make) => {
      make()
      const old = readFileSync(at(ONE))
      await fetchRest(await adopt(FOLDER, true), FOLDER)
      const aside = `${at(ONE)}.replaced-1`
      const isRepaired = what.startsWith('bytes')
      expect(existsSync(aside)).toBe(!isRepaired)
      if (!isRepaired) expect(readFileSync(aside)).toEqual(old)
      if (what.includes('name')) expect(readFileSync(join(bench.folder, 'linked'))).toEqual(old)
    })

    it('does not mind files that are not wanted', async () => {
      put(ONE, Buffer.from('something else'))
      put(THREE)
      await wish(FOLDER)
      const store = await open(FOLDER, { wants: (file) => file === TWO })
      expect(store.have.count).toBe(2)
      expect(readFileSync(at(ONE), 'utf8')).toBe('something else')
      await store.close()
    })
  })

  it('refuses what is no file or folder, and does not follow links', async () => {
    const elsewhere = join(bench.folder, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'one.bin'), FOLDER.file(ONE))
    mkdirSync(target)
    const mismatch = { code: 'storage.adopt-mismatch' }
    await expect(adopt(FILE)).rejects.toMatchObject({ ...mismatch, message: /is a folder.*has a file/ })
    symlinkSync(elsewhere, join(target, 'a'))
    await expect(adopt(FOLDER)).rejects.toMatchObject({ ...mismatch, message: /is a link.*has a folder/ })
    unlinkSync(join(target, 'a'))
    mkdirSync(join(target, 'a', 'one.bin'), { recursive: true })
    await expect(adopt(FOLDER)).rejects.toMatchObject({ ...mismatch, message: /is a folder.*has a file/ })
    renameSync(target, join(bench.folder, 'away'))
    writeFileSync(target, 'a file')
    await expect(adopt(FOLDER)).rejects.toMatchObject({ ...mismatch, message: /is a file.*has a folder/ })
    unlinkSync(target)
    symlinkSync(elsewhere, target)
    await expect(bench.files.checkTarget(target, { force: true, adopt: true })).rejects.toMatchObject(
      mismatch
    )
    expect(readdirSync(elsewhere)).toEqual(['one.bin'])
  })

  it.skipIf(process.getuid?.() === 0)(
    'says what cannot be written to before it changes anything',
    async () => {
      put(ONE, FOLDER.file(ONE).slice(0, 2048))
      chmodSync(at(ONE), 0o444)
      await expect(adopt(FOLDER)).rejects.toMatchObject({ code: 'storage.not-writable' })
      expect(tree()).toEqual(['target/a/one.bin'])
    }
  )

  it('can be interrupted, and begins anew; also when some files were moved already', async () => {
    put(ONE)
    put(TWO, FOLDER.file(TWO).slice(0, 1500))
    put(THREE, FOLDER.file(THREE).slice(0, 1024))
    await wish(FOLDER)
    const stop = new AbortController()
    const opening = open(FOLDER, { signal: stop.signal, onLooked: () => stop.abort() })
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(tree()).toEqual(['target/a/one.bin', 'target/a/two.bin', 'target/three.bin'])
    // A kill after a move: the catalogue knows nothing of it, and the file has its final length already.
    const part = bench.catalogue.share(FOLDER.cid)?.partPath ?? ''
    mkdirSync(join(part, 'a'), { recursive: true })
    renameSync(at(TWO), join(part, 'a', 'two.bin'))
    truncateSync(join(part, 'a', 'two.bin'), 3000)
    bench.restart()
    const store = await open(FOLDER)
    expect([...store.have.ones()]).toEqual([0, 1, 2, 3, 4, 5, 8])
    expect(await fetchRest(store, FOLDER)).toBe(3)
  })

  it('gives back what was the user’s when the share is removed; with --delete-files that goes, too', async () => {
    put(ONE)
    put(TWO, FOLDER.file(TWO).slice(0, 1500))
    await (await adopt(FOLDER)).close()
    await bench.files.remove(FOLDER.cid, FOLDER.layout, { content: false })
    expect(tree()).toEqual(['target/a/one.bin', 'target/a/two.bin'])
    expect(readFileSync(at(TWO)).subarray(0, 1024)).toEqual(Buffer.from(FOLDER.file(TWO).slice(0, 1024)))
    await (await adopt(FOLDER)).close()
    await bench.files.remove(FOLDER.cid, FOLDER.layout, { content: true })
    expect(tree()).toEqual([])
    expect([...bench.catalogue.values('storage.adopted').query('')]).toEqual([])
  })

  it('finds nothing changed after a restart in the middle of the rest', async () => {
    put(ONE)
    put(TWO, FOLDER.file(TWO).slice(0, 1500))
    const store = await adopt(FOLDER)
    await store.write(pieceIndex(6), FOLDER.block(pieceIndex(6)))
    await store.close()
    bench.restart()
    const hashes = bench.hashes()
    const again = await open(FOLDER)
    expect([...again.have.ones()]).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(bench.hashes()).toBe(hashes)
    expect(await fetchRest(again, FOLDER)).toBe(3)
  })
})
