import { appendFileSync, mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportedShare } from '@p2pshare/ports'
import { Bitfield } from '@p2pshare/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const SIZES = { large: 1024 * 1024 + 5, small: 3000 }

describe('a path that was imported before', () => {
  let bench: StoreBench
  let root: string
  beforeEach(() => {
    bench = storeBench()
    root = join(bench.folder, 'source')
    mkdirSync(root)
    for (const [name, size] of Object.entries(SIZES)) writeOld(join(root, name), Buffer.alloc(size, name))
  })
  afterEach(() => bench.dispose())

  const importRoot = (earlier?: ImportedShare): Promise<ImportedShare> => {
    const known =
      earlier === undefined ? undefined : { cid: earlier.layout.root.toString(), layout: earlier.layout }
    return bench.files.import(root, { signal: new AbortController().signal, earlier: () => known })
  }
  /** Imports it for the first time, and records what a session records. */
  const importFirst = async (): Promise<ImportedShare> => {
    const share = await importRoot()
    const cid = share.layout.root.toString()
    bench.catalogue.putShare({
      ...{
        cid,
        name: share.name,
        size: share.layout.size,
        pieces: share.layout.pieceCount,
        path: share.path
      },
      ...{
        indexed: true,
        complete: true,
        state: 'seeding',
        reason: undefined,
        partPath: undefined,
        hints: []
      },
      ...{ uploaded: 0, downloaded: 0, addedAt: 1 }
    })
    bench.catalogue.putIdentities(cid, share.identities)
    bench.catalogue.putHave(cid, Bitfield.full(share.layout.pieceCount))
    return share
  }

  it('is not read again while nothing changed', async () => {
    const first = await importFirst()
    expect(first.hashedBytes).toBe(SIZES.large + SIZES.small)
    const hashes = bench.hashes()
    const again = await importRoot(first)
    expect(again.hashedBytes).toBe(0)
    expect(bench.hashes()).toBe(hashes)
    expect(again.layout.root.toString()).toBe(first.layout.root.toString())
    expect([...again.identities]).toEqual([...first.identities])
  })

  it('is read where something changed, and has the hash of what is there', async () => {
    const first = await importFirst()
    appendFileSync(join(root, 'small'), 'more')
    writeOld(join(root, 'new'), Buffer.from('new'))
    renameSync(join(root, 'large'), join(root, 'moved'))
    const again = await importRoot(first)
    expect(again.hashedBytes).toBe(SIZES.large + SIZES.small + 'more'.length + 'new'.length)
    expect(again.layout.root.toString()).toBe((await importRoot()).layout.root.toString())
  })

  it('is read when only its times were touched', async () => {
    const first = await importFirst()
    utimesSync(join(root, 'large'), new Date(1000), new Date(1000))
    expect((await importRoot(first)).hashedBytes).toBe(SIZES.large)
  })

  it('is not read when it was renamed, if that is said and it was not written since', async () => {
    root = join(root, 'large')
    const first = await importFirst()
    const cid = first.layout.root.toString()
    const renamed = (moved: boolean): Promise<ImportedShare> =>
      bench.files.import(root, {
        signal: new AbortController().signal,
        earlier: () => ({ cid, layout: first.layout, moved })
      })
    renameSync(root, `${root}-2`)
    root = `${root}-2`
    const again = await renamed(true)
    expect([again.hashedBytes, again.layout.root.toString(), again.name]).toEqual([0, cid, 'large-2'])
    // What is recorded is what it looks like now, so that it counts as unchanged at the next start.
    const { ctimeNs } = statSync(root, { bigint: true })
    expect([...again.identities].map(({ ctime }) => ctime)).toEqual([ctimeNs])
    expect((await renamed(false)).hashedBytes).toBe(SIZES.large)
    appendFileSync(root, '!')
    expect((await renamed(true)).hashedBytes).toBe(SIZES.large + 1)
  })

  it('is read where the catalogue lost faith in a piece', async () => {
    const first = await importFirst()
    const have = Bitfield.full(first.layout.pieceCount)
    have.clear(0)
    bench.catalogue.putHave(first.layout.root.toString(), have)
    expect((await importRoot(first)).hashedBytes).toBe(first.layout.files.at(0)?.size)
  })
})

/** A file whose times are old enough to tell later changes by them. */
function writeOld(path: string, content: Uint8Array): void {
  writeFileSync(path, content)
  utimesSync(path, new Date(1_000_000), new Date(1_000_000))
}
