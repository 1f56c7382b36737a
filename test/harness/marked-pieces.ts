import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { PieceIndex } from '@p2pshare/base'
import { canonicalCid, type ShareLayout } from '@p2pshare/content'
import type { DaemonProcess } from './daemon-process.ts'
import { withCatalogue } from './homes.ts'

/** What the catalogue of a dead daemon claims of a share of one file, compared with the disk. */
export interface MarkedPieces {
  /** Bytes of the pieces that it claims. */
  bytes: number
  /** Claimed pieces whose bytes on disk are not theirs. */
  wrong: number[]
}

/** Opens the catalogue in the daemon's stead and hashes each piece that it has marked. */
export async function checkMarkedPieces(daemon: DaemonProcess, layout: ShareLayout): Promise<MarkedPieces> {
  const cid = canonicalCid(layout.root)
  const { record, have } = withCatalogue(daemon.options.home, (catalogue) => ({
    record: catalogue.share(cid),
    have: catalogue.have(cid, layout.pieceCount)
  }))
  const found: MarkedPieces = { bytes: 0, wrong: [] }
  if (record === undefined || have.isEmpty) return found
  await using file = await open(record.partPath ?? record.path, 'r')
  for (const index of have.ones()) {
    const piece = index as PieceIndex
    const block = Buffer.alloc(layout.dataSize(piece))
    await file.read(block, 0, block.byteLength, layout.fileOffset(piece))
    found.bytes += block.byteLength
    const digest = createHash('sha256').update(block).digest()
    if (!digest.equals(layout.digest(piece))) found.wrong.push(index)
  }
  return found
}
