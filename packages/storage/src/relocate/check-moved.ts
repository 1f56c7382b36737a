import { constants } from 'node:fs'
import { printable, ShareError } from '@p2pshare/base'
import type { FileEntry, ShareLayout } from '@p2pshare/content'
import type { RelocateOptions, ShareRecord } from '@p2pshare/ports'
import { identityOf, sameContentIdentity } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { openPlain, readFully, statPath, uninitialized } from '../disk/plain-file.ts'
import { SharePlace } from '../several/share-place.ts'
import type { StoreContext } from '../store/context.ts'
import { findPlaces } from '../store/places.ts'
import { piecesOf, recheckFile } from '../store/recheck.ts'
import { ShareOnDisk } from '../store/share-state.ts'

/** What a check of moved files found: all of them are what was shared. */
export interface MovedFiles {
  readonly identities: IdentityTable
  /** Bytes that had to be read. */
  readonly hashed: number
}

/**
 * Checks that the files of a complete share lie at `root`. A file with the size, time and inode that was recorded was
 * renamed, and is not read; every other one is hashed. Changes nothing, in the catalogue neither.
 * @throws ShareError `storage.not-the-share`, `storage.unreadable`; the signal's reason
 */
export async function checkMoved(
  record: ShareRecord,
  layout: ShareLayout,
  root: string,
  context: StoreContext,
  options: RelocateOptions
): Promise<MovedFiles> {
  const recorded = new IdentityTable(layout.files.length, context.catalogue.identities(record.cid))
  const places = await findPlaces(new SharePlace(root), layout, recorded)
  const share = new ShareOnDisk(record.cid, layout, context, places)
  const identities = new IdentityTable(layout.files.length)
  let hashed = 0
  let done = 0
  try {
    for (const [file, entry] of layout.files.entries()) {
      options.signal.throwIfAborted()
      const path = places.path(file)
      const stat = await statPath(path)
      if (stat === undefined) throw notTheShare(path, `there is no ${printable(path)}, which the share has`)
      if (!stat.isFile() || Number(stat.size) !== entry.size) throw notTheShare(path)
      const known = recorded.get(file)
      const isRenamed = known !== undefined && sameContentIdentity(known, identityOf(stat))
      if (isRenamed) identities.set(file, identityOf(stat))
      else {
        await checkInline(path, entry)
        hashed += entry.size
        const pieces = [...piecesOf(layout, file)]
        let wrong = 0
        const { identity } = await recheckFile({
          ...{ reader: share.reader, places, file, pieces, signal: options.signal },
          verdict: (piece, right) => {
            if (!right) wrong++
            done += layout.dataSize(piece)
            options.onProgress?.(done, layout.size)
          }
        })
        if (wrong > 0 || identity === undefined) throw notTheShare(path)
        identities.set(file, identity)
        continue
      }
      done += entry.size
      options.onProgress?.(done, layout.size)
    }
  } finally {
    await context.pool.dropAll(share.poolKey)
  }
  return { identities, hashed }
}

/** Bytes that no piece has stand in the index. */
async function checkInline(path: string, { inline }: FileEntry): Promise<void> {
  if (inline.length === 0) return
  const { handle } = await openPlain(path, constants.O_RDONLY)
  try {
    for (const { offset, data } of inline) {
      const there = uninitialized(data.byteLength)
      const whole = await readFully(handle, there, offset)
      if (!whole || Buffer.compare(there, data) !== 0) throw notTheShare(path)
    }
  } finally {
    await handle.close()
  }
}

/** Something else lies there. */
export function notTheShare(path: string, what = `${printable(path)} is not what was shared`): ShareError {
  return new ShareError({
    code: 'storage.not-the-share',
    fault: 'user',
    message: `${what}; nothing was changed`,
    hint: 'Name the path where the file or folder of the share lies now, under whatever name; or seed what is there.',
    detail: { path }
  })
}
