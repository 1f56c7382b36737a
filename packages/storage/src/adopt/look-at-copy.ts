import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Bytes, PieceIndex } from '@p2pshare/base'
import { printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { Hasher } from '@p2pshare/ports'
import { equals } from 'uint8arrays'
import { forEachAtMost } from '../disk/at-most.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { openPlain, uninitialized } from '../disk/plain-file.ts'
import { piecesOf } from '../store/recheck.ts'
import type { CopyLook } from './judge-copy.ts'

/** Pieces read and hashed at once: 8 MiB of buffers at most. */
const AT_ONCE = 4

/** How a look is made. */
export interface Looking {
  readonly layout: ShareLayout
  readonly hasher: Hasher
  readonly signal: AbortSignal | undefined
  /** Bytes of the share that were looked at. */
  onLooked(bytes: number): void
}

/** A look, and what the file was like, which it still was after it. */
export interface CopyFound {
  readonly look: CopyLook
  readonly identity: Identity
}

interface Part {
  readonly offset: number
  readonly size: number
  /** Whether these are the bytes of the share. */
  isRight(data: Uint8Array): Promise<boolean> | boolean
  readonly piece?: PieceIndex
}

/**
 * Reads a file, and tells which bytes of it are those that the share has there. Nothing is written.
 * @throws ShareError `storage.changed-while-reading`; the system's errors; the signal's reason
 */
export async function lookAtCopy(path: string, file: number, looking: Looking): Promise<CopyFound> {
  const { handle, stat } = await openPlain(path, constants.O_RDONLY)
  try {
    const identity = identityOf(stat)
    const sums = { right: [] as PieceIndex[], missing: 0, foreign: 0, cut: 0, cutFrom: identity.size }
    await forEachAtMost(AT_ONCE, partsOf(file, looking), async (part) => {
      looking.signal?.throwIfAborted()
      const data = await readSome(handle, part, identity.size)
      const isWhole = data.byteLength === part.size
      looking.onLooked(part.size)
      if (isWhole && (await part.isRight(data))) {
        if (part.piece !== undefined) sums.right.push(part.piece)
        return
      }
      sums.missing += part.size
      if (data.every((byte) => byte === 0)) return
      if (isWhole) sums.foreign += part.size
      else {
        sums.cut += data.byteLength
        sums.cutFrom = part.offset
      }
    })
    if (!sameIdentity(identity, identityOf(await handle.stat({ bigint: true })))) throw changedMeanwhile(path)
    const { missing, ...found } = sums
    found.right.sort((a, b) => a - b)
    const look = { size: identity.size, links: Number(stat.nlink), isComplete: missing === 0, ...found }
    return { look, identity }
  } finally {
    await handle.close()
  }
}

function* partsOf(file: number, { layout, hasher }: Looking): Generator<Part> {
  for (const piece of piecesOf(layout, file)) {
    const digest = layout.digest(piece)
    yield {
      piece,
      offset: layout.fileOffset(piece),
      size: layout.dataSize(piece),
      // What stands around the data of a wrapped leaf is known only to who has the block.
      isRight: async (data) => !layout.isWrapped(piece) && equals(await hasher(data), digest)
    }
  }
  for (const { offset, data } of layout.files.at(file)?.inline ?? [])
    yield { offset, size: data.byteLength, isRight: (found) => equals(found, data) }
}

/** As much of a part as the file has. */
async function readSome(
  handle: FileHandle,
  { offset, size }: { offset: number; size: number },
  end: number
): Promise<Uint8Array> {
  const data = uninitialized(Math.max(0, Math.min(size, end - offset)) as Bytes)
  let done = 0
  while (done < data.byteLength) {
    const { bytesRead } = await handle.read(data, done, data.byteLength - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return data.subarray(0, done)
}

function changedMeanwhile(path: string): ShareError {
  return new ShareError({
    code: 'storage.changed-while-reading',
    fault: 'disk',
    message: `${printable(path)} changed while it was compared with the share`,
    hint: 'Wait until nothing writes to it, then run "p2pshare resume".',
    detail: { path }
  })
}
