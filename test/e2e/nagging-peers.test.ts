import { readFileSync } from 'node:fs'
import { Bitfield, bytes, pieceIndex } from '@p2pshare/base'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { type EvilPeer, type Nag, startEvilPeer, wholeShare } from '../harness/evil-peer.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { logLine } from '../harness/log-lines.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { seedPath, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024
const CLOSED = 'link closed: peer broke a rule'
const FIRST = [{ start: 0, count: 1 }]

/** What each of them never stops saying, and the line of the log about it. */
const NAGS: Readonly<
  Record<string, { nag: (self: EvilPeer) => Promise<Nag>; msg: string; because: object }>
> = {
  records: {
    nag: async (self) => {
      const records = Array<Uint8Array>(16).fill(await self.record())
      return (slot) => ({ type: 'peer-exchange', slot, records })
    },
    msg: CLOSED,
    because: { code: 'limit-exceeded', reason: 'far too many peer records' }
  },
  pieces: {
    nag: async () => (slot, n) => ({
      type: 'piece-delta',
      slot,
      added: n % 2 === 0 ? FIRST : [],
      removed: n % 2 === 0 ? [] : FIRST
    }),
    // While we fetch, the engine's own count of changes comes first.
    msg: CLOSED,
    because: { code: 'limit-exceeded', reason: 'changes its piece map too often' }
  },
  requests: {
    nag: async () => (slot, n) => ({
      type: 'request',
      id: n,
      slot,
      piece: pieceIndex(5),
      count: 1,
      offset: bytes(0),
      length: bytes(1000)
    }),
    // At this speed more than 64 requests wait at once.
    msg: 'peer banned',
    because: { offence: 'request-flood' }
  }
}

/** Resident memory of a daemon, in bytes. */
function memoryOf({ pid }: DaemonProcess): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

describe('peers that send records, announce pieces, or ask for what we lack, a million times', () => {
  test('are sent away with a reason, at no cost for the rest', async ({ bed }) => {
    const source = bed.path('source', 'film.bin')
    await writeRandomFile(source, 16 * MIB, 5)
    const imported = await importPath(source, bed.path('scratch'))
    const cid = imported.layout.root.toString()
    const bootstrap = await bed.daemon('bootstrap')
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const before = memoryOf(fetcher)
    // They have the index, and no piece.
    const shares = [{ ...wholeShare(imported), pieces: new Bitfield(imported.layout.pieceCount) }]
    await using evils = new AsyncDisposableStack()
    const peers = []
    for (const { nag, msg, because } of Object.values(NAGS)) {
      const evil = evils.use(await startEvilPeer({ shares, bootstrap: bootstrap.multiaddrs, nag }))
      peers.push({ evil, msg, because })
    }
    const target = bed.path('fetched.bin')
    const fetching = fetcher.begin(['fetch', cid, '-o', target, '--json', '--timeout', '90s'])
    for (const { evil, msg, because } of peers) {
      const line = await eventually(() => logLine(fetcher, msg, evil.peerId), JSON.stringify(because))
      expect(line).toMatchObject(because)
      expect(evil.nagged).toBeLessThan(500_000)
    }
    await shareWhen(fetcher, cid, ({ state }) => state === 'fetching', 'the fetch goes on')
    expect(memoryOf(fetcher) - before).toBeLessThan(96 * MIB)

    await seedPath(await bed.daemon('honest', { bootstrap: [bootstrap] }), source)
    const { code, stderr } = await fetching.ended
    expect(code, stderr).toBe(0)
    expect(await compareTrees(source, target)).toEqual([])
  })
})
