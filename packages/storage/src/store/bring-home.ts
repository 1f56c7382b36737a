import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type PieceIndex, printable } from '@p2pshare/base'
import type { Catalogue } from '@p2pshare/ports'
import { diskFull, readError } from '../disk/disk-error.ts'
import { freeSpace } from '../disk/free-space.ts'
import { removeParts } from '../target/remove-files.ts'
import type { PartFiles } from './part-files.ts'
import { forgetOtherPart, otherPartPath, reserveHome, switchPart } from './part-place.ts'
import { Places } from './places.ts'
import { piecesOf } from './recheck.ts'
import type { ShareOnDisk } from './share-state.ts'

/**
 * Copies a whole download to a part path beside its target, where it lies on another disk than that: only on one disk a
 * rename gives all of it its final name at once. Every piece is hashed on its way. The order: the path of the copy is
 * in the catalogue before its first byte; its bytes and names are durable; the catalogue says that the copy counts; the
 * old part files go. A kill at any point leaves one of both whole, and the next start removes the other.
 *
 * @param onProgress - pieces copied, of all
 * @returns the part files that count now
 * @throws ShareError `storage.disk-full`, `storage.write-failed`, `storage.missing`, `storage.changed`
 */
export async function bringHome(
  share: ShareOnDisk,
  parts: PartFiles,
  target: string,
  onProgress?: (done: number, total: number) => void
): Promise<PartFiles> {
  const { layout, context, cid, places } = share
  if (!(await isElsewhere(places.root, target))) return parts
  const { catalogue } = context
  await removeOther(share)
  if ((await freeSpace(target, context.reserve)) < layout.size) throw diskFull(target)
  const home = await reserveHome(catalogue, cid, target)
  context.log.info(
    { share: cid, from: printable(places.root) },
    'a download is copied to the disk of its target'
  )
  const copy = share.partsAt(new Places(home, layout))
  const files: number[] = []
  let done = 0
  for (const file of layout.files.keys()) {
    for (const piece of piecesOf(layout, file)) {
      await copy.write(file, await dataOf(share, piece), layout.fileOffset(piece))
      onProgress?.(++done, layout.pieceCount)
      if (files.at(-1) !== file) files.push(file)
    }
  }
  const { synced, failed } = await copy.sync(files)
  for (const error of failed.values()) throw error
  for (const { diskPath } of layout.folders) await copy.makeFolder(diskPath)
  await copy.makeFolder([])
  await copy.syncTree()
  await context.pool.dropAll(share.poolKey)
  catalogue.transaction(() => {
    switchPart(catalogue, cid, { from: places.root, to: home })
    catalogue.putIdentities(cid, synced)
  })
  for (const identity of synced) share.identities.set(identity.file, identity)
  share.places = new Places(home, layout)
  share.parts = copy
  await removeOther(share)
  return copy
}

/** What is left of a copy that did not come to its end, or of what was copied. */
export async function removeOther({
  cid,
  layout,
  context
}: Pick<ShareOnDisk, 'cid' | 'layout'> & { context: { catalogue: Catalogue } }): Promise<void> {
  const other = otherPartPath(context.catalogue, cid)
  if (other === undefined) return
  await removeParts(other, layout)
  forgetOtherPart(context.catalogue, cid)
}

/** Whether part files lie on another disk than their target. @throws ShareError `storage.missing`, `storage.unreadable` */
export async function isElsewhere(root: string, target: string): Promise<boolean> {
  const folders = [dirname(root), dirname(target)]
  const [from, to] = await Promise.all(
    folders.map(async (folder) => {
      try {
        return (await stat(folder, { bigint: true })).dev
      } catch (error) {
        throw readError(error, folder)
      }
    })
  )
  return from !== to
}

/** The bytes of a piece in its file, checked against its hash. */
async function dataOf({ reader, layout, wraps }: ShareOnDisk, piece: PieceIndex): Promise<Uint8Array> {
  const block = await reader.verified(piece)
  const start = wraps.get(piece)?.prefix.byteLength ?? 0
  return block.subarray(start, start + layout.dataSize(piece))
}
