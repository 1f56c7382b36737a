import { createHash } from 'node:crypto'
import { statSync, truncateSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bitfield, seededRng } from '@p2pshare/base'
import { canonicalCid, createShareBuilder, PIECE_SIZE, type ShareLayout } from '@p2pshare/content'
import { createControlClient } from '@p2pshare/control/client'
import { PiecePicker } from '../../packages/engine/src/picker/piece-picker.ts'
import { withCatalogue } from '../../test/harness/homes.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds, quantile } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage } from '../tool/process-usage.ts'

/** Parts of the share that the peers have of whom is picked. */
const PEERS = [1, 0.5, 0.1, 0.01] as const
/** How long it is watched after its start, ms: its keys are indexed in the background. */
const SETTLE = 2000
/** Picks for each of them at most. */
const PICKS = 20_000

type Figures = Record<'readySeconds' | 'statusMs' | 'cpu' | 'peakMiB' | 'pickP95Us', number>

/**
 * A share of very many pieces, as an earlier run would have left it: a sparse file, its index and all keys in the
 * catalogue. The digests are made up, since nothing is to be hashed; each is another, so that index and keys are of
 * full size.
 */
export const benchmark: Benchmark = {
  summary: 'a share of 1,000,000 pieces: start without hashing, memory, a pick',
  async run(args) {
    const options = benchOptions(args, { pieces: '1000000', runs: '3' })
    const pieces = positiveOption(options.pieces, 'pieces')
    await using bed = new TestBed()
    const path = bed.path('large.bin')
    writeFileSync(path, '')
    truncateSync(path, pieces * PIECE_SIZE)
    const daemon = bed.prepare('seeder')
    record(daemon.options.home, path, layoutOf(pieces))
    await benchRuns('large', positiveOption(options.runs, 'runs'), async () => {
      const ready = await milliseconds(() => daemon.start())
      const client = createControlClient({ socketPath: daemon.ready.socket })
      const status = await milliseconds(async () => {
        const [share] = (await client.list({})).shares
        const detail = await client.shareStatus({ ref: share?.cid ?? '' })
        if (detail.state !== 'seeding' || detail.done !== pieces * PIECE_SIZE)
          throw new Error(`the share is ${detail.state}, ${detail.done} bytes are here`)
      })
      await sleep(SETTLE)
      const usage = processUsage(daemon.pid)
      await daemon.end('SIGTERM')
      return {
        readySeconds: ready / 1000,
        statusMs: status,
        cpu: usage?.cpuSeconds ?? Number.NaN,
        peakMiB: (usage?.peakRss ?? Number.NaN) / 1024 ** 2,
        pickP95Us: pickP95(pieces)
      } satisfies Figures
    })
  }
}

function layoutOf(pieces: number): ShareLayout {
  const builder = createShareBuilder({ sha256: (data) => createHash('sha256').update(data).digest() })
  const file = builder.file([])
  const number = new Uint8Array(4)
  for (let i = 0; i < pieces; i++) {
    new DataView(number.buffer).setUint32(0, i)
    file.addPiece(createHash('sha256').update(number).digest(), PIECE_SIZE)
  }
  file.finish()
  return builder.finish()
}

function record(home: string, path: string, layout: ShareLayout): void {
  const cid = canonicalCid(layout.root)
  const { size, mtimeNs: mtime, ctimeNs: ctime, ino: inode } = statSync(path, { bigint: true })
  withCatalogue(home, (catalogue) => {
    catalogue.putShare({
      ...{
        cid,
        name: 'large.bin',
        size: layout.size,
        pieces: layout.pieceCount,
        indexed: true,
        complete: true
      },
      ...{ state: 'seeding', reason: undefined, path, partPath: undefined, hints: [] },
      ...{ uploaded: 0, downloaded: 0, addedAt: Date.now() }
    })
    catalogue.putIndexBlocks(cid, [...layout.indexBlocks])
    catalogue.putPieceKeys(cid, layout.pieceCount, (piece) => layout.digest(piece))
    catalogue.putIdentities(cid, [{ file: 0, size: Number(size), mtime, ctime, inode }])
    catalogue.putHave(cid, Bitfield.full(layout.pieceCount))
  })
}

/** Microseconds of a pick, while all of the share is missing and the peers' maps are known. */
function pickP95(pieces: number): number {
  const rng = seededRng(1)
  const picker = new PiecePicker(Bitfield.full(pieces), rng)
  const maps = PEERS.map((part) => {
    const map = new Bitfield(pieces)
    for (let piece = 0; piece < pieces; piece++) if (rng.below(1000) < part * 1000) map.set(piece)
    for (const piece of map.ones()) picker.claim(piece)
    return map
  })
  const times = maps.flatMap((map) =>
    Array.from({ length: Math.min(PICKS, map.count >> 1) }, () => {
      const began = performance.now()
      const piece = picker.pick(map)
      const took = (performance.now() - began) * 1000
      if (piece !== undefined) picker.take(piece)
      return took
    })
  )
  return quantile(times, 0.95)
}
