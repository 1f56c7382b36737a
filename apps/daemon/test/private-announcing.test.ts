import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bytes, MiB, pieceIndex, seededRng } from '@p2pshare/base'
import { parseShareRef, type ShareLayout } from '@p2pshare/content'
import type { LinkHandler, Log } from '@p2pshare/ports'
import { Session } from '@p2pshare/session'
import { createShareFiles, subtleHasher } from '@p2pshare/storage'
import {
  DirectoryBoard,
  MemoryCatalogue,
  MemorySwitchboard,
  randomBytes,
  VirtualClock
} from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchedShares } from '../src/watching/watched-shares.ts'

const signal = new AbortController().signal
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }

/** A folder whose files are chunks, and several chunks, of random bytes. */
function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const plans = join(root, 'plans')
  mkdirSync(plans)
  for (const [name, size] of [
    ['short', 3000],
    ['long', 2 * MiB + 7]
  ] as const) {
    writeFileSync(join(plans, name), randomBytes(seededRng(size), size))
    utimesSync(join(plans, name), 1, 1)
  }
  return plans
}

/** A node on fakes, but for its files, which lie on this disk. */
async function nodeWithFiles(board: DirectoryBoard) {
  const clock = new VirtualClock()
  const catalogue = new MemoryCatalogue()
  const switchboard = new MemorySwitchboard()
  const network = switchboard.join('seeder')
  const files = createShareFiles({
    ...{ catalogue, clock, hasher: subtleHasher, log: quiet, ownData: [], reserve: () => 0 }
  })
  const session = new Session({
    ...{ catalogue, files, network, clock, hasher: subtleHasher, rng: seededRng(1), log: quiet },
    directory: board.join({ peer: 'seeder', addresses: [] })
  })
  await network.start()
  session.start()
  onTestFinished(async () => {
    await session.stop()
    await network.stop()
  })
  return { session, files, switchboard }
}

/** Every hash that tells what is in a share: of its index, its files and its chunks. */
function hashesOf(layout: ShareLayout): Uint8Array[] {
  const chunks = Array.from({ length: layout.pieceCount }, (_, i) => layout.digest(pieceIndex(i)))
  const files = [...layout.files].map(({ digest }) => digest).filter(({ byteLength }) => byteLength === 32)
  const index = layout.indexBlocks.map(({ cid }) => cid.multihash.digest)
  return [layout.root.multihash.digest, ...files, ...chunks, ...index]
}

/** A peer that asks for blocks by their digest, and keeps what it hears. */
class Asker implements LinkHandler {
  readonly heard: SwarmMessage[] = []
  onMessage(message: SwarmMessage): void {
    this.heard.push(message)
  }
  targetFor(): undefined {}
  onData(): void {}
  onClose(): void {}
}

test('of a private share nothing is announced, nor offered by digest, that the plain files would show', async () => {
  const root = folder()
  const board = new DirectoryBoard()
  const { session, files, switchboard } = await nodeWithFiles(board)
  const plain = hashesOf((await files.import(root, { signal })).layout)
  const { record } = await session.seed(root, { signal, sealed: true, announce: 'chunks' })
  const { layout } = session.share(record.cid).bytes
  if (layout === undefined) throw new Error('no layout')
  await vi.waitFor(() => expect(board.providers(layout.digest(pieceIndex(0)))).toHaveLength(1))
  expect(plain.length).toBeGreaterThan(6)
  for (const hash of plain) expect(board.providers(hash)).toEqual([])

  const network = switchboard.join('asker')
  network.onLink(() => {})
  await network.start()
  onTestFinished(() => network.stop())
  const asker = new Asker()
  const link = await network.link({ peer: 'seeder', addresses: [] }, signal)
  link.start(asker)
  link.send({ type: 'subscribe', slot: 7, root: parseShareRef(record.cid).root.bytes, name: '' })
  link.send({ type: 'block-query', id: 1, digests: [...plain, layout.digest(pieceIndex(1))] })
  const [digest = new Uint8Array(32)] = plain.slice(1)
  link.send({ type: 'block-request', id: 2, digest, offset: bytes(0), length: bytes(0) })
  await vi.waitFor(() =>
    expect(asker.heard.filter(({ type }) => /^block-have$|refuse/.test(type))).toHaveLength(2)
  )
  const have = asker.heard.flatMap((message) => (message.type === 'block-have' ? [message.have] : []))
  expect(have.map((bits) => [bits.count, bits.has(plain.length)])).toEqual([[1, true]])
  expect(JSON.stringify(asker.heard)).not.toContain('plans')
})

test('watching does not share in the clear what is shared encrypted, nor what holds it or lies in it', async () => {
  const root = folder()
  const { session } = await nodeWithFiles(new DirectoryBoard())
  const { record } = await session.seed(root, { signal, sealed: true })
  const shares = watchedShares(session)
  const wish = { announce: undefined, signal }
  for (const path of [root, dirname(root), join(root, 'short')])
    await expect(shares.seed(path, wish)).rejects.toMatchObject({
      code: 'daemon.watched-private',
      message: expect.stringContaining(record.cid)
    })
  expect(session.shares()).toHaveLength(1)
  const other = folder()
  expect(await shares.seed(other, wish)).toBe(session.shares()[1]?.cid)
  // In the clear already: both kinds are told of each other.
  const both = await session.seed(other, { signal, sealed: true })
  expect(both.overlaps).toEqual([{ cid: session.shares()[1]?.cid, path: other }])
})
