import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import { canonicalCid, type ShareLayout } from '@p2pshare/content'
import type { ImportedShare } from '@p2pshare/ports'
import { partPathFor } from '@p2pshare/storage'
import { expect } from 'vitest'
import type { DaemonProcess } from './daemon-process.ts'
import { withCatalogue } from './homes.ts'
import { clientOf, shareWhen } from './shares.ts'

/** A download that has got just some pieces. */
export interface PartialDownload {
  /** The true content, hashed by {@link importPath}. */
  imported: ImportedShare
  /** Where the download is to end. */
  target: string
  has(piece: PieceIndex): boolean
}

/**
 * Starts a daemon that has exactly the wanted pieces of a share, and no more: its home has a
 * paused download with the whole index and a part file with zeros elsewhere, none of it marked.
 * `verify` has to find the pieces. The share is left paused.
 *
 * @param daemon - prepared, not started
 * @returns the share's hash
 */
export async function startPartialHolder(daemon: DaemonProcess, download: PartialDownload): Promise<string> {
  const { imported, target, has } = download
  const { layout } = imported
  const cid = canonicalCid(layout.root)
  const partPath = partPathFor(target)
  recordDownload(daemon.options.home, download, cid, partPath)
  let held = 0
  for (let i = 0; i < layout.pieceCount; i++) {
    const piece = pieceIndex(i)
    if (!has(piece)) continue
    held += layout.dataSize(piece)
    await copyPiece(imported, partPath, piece)
  }
  await daemon.start()
  await clientOf(daemon).verify({ ref: cid })
  await shareWhen(
    daemon,
    cid,
    ({ state, done }) => state === 'paused' && done === held,
    `has ${held} bytes, paused`
  )
  return cid
}

function recordDownload(
  home: string,
  { imported, target }: PartialDownload,
  cid: string,
  partPath: string
): void {
  const { layout, name } = imported
  withCatalogue(home, (catalogue) => {
    catalogue.putShare({
      ...{ cid, name, size: layout.size, pieces: layout.pieceCount, indexed: true, complete: false },
      ...{ state: 'paused', reason: undefined, path: target, partPath, hints: [] },
      ...{ uploaded: 0, downloaded: 0, addedAt: Date.now() }
    })
    catalogue.putIndexBlocks(cid, layout.indexBlocks)
    catalogue.putPieceKeys(cid, layout.pieceCount, (piece) => layout.digest(piece))
  })
}

async function copyPiece(imported: ImportedShare, partPath: string, piece: PieceIndex): Promise<void> {
  const { layout, path } = imported
  const bytes = await readPiece(layout, path, piece)
  const entry = layout.files.at(layout.fileOf(piece))
  const part = join(partPath, ...(entry?.diskPath ?? []))
  mkdirSync(dirname(part), { recursive: true })
  await using file = await open(part, 'a').then(async (made) => {
    await made.close()
    return open(part, 'r+')
  })
  await file.truncate(entry?.size ?? 0)
  await file.write(bytes, 0, bytes.byteLength, layout.fileOffset(piece))
}

/** Reads the file bytes of a piece from where its share lies. */
export async function readPiece(layout: ShareLayout, root: string, piece: PieceIndex): Promise<Buffer> {
  const entry = layout.files.at(layout.fileOf(piece))
  await using file = await open(join(root, ...(entry?.path ?? [])), 'r')
  const bytes = Buffer.alloc(layout.dataSize(piece))
  const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, layout.fileOffset(piece))
  expect(bytesRead).toBe(bytes.byteLength)
  return bytes
}
