import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Bitfield } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { statPath } from '../disk/plain-file.ts'
import { freeNameBeside } from '../store/move-to-target.ts'
import { Places } from '../store/places.ts'

/** Where the catalogue keeps what was taken over from the target of a download, by CID. */
const AREA = 'storage.adopted'

/** What of a share was there before anything was fetched. */
export interface Adopted {
  /** Content bytes that were right. */
  readonly bytes: number
  /** Files of the user that were moved into part files, by number. */
  readonly moved: Bitfield
}

/** The number in decimal, a zero byte, and a bit for each file. */
export function putAdopted(catalogue: Catalogue, cid: string, { bytes, moved }: Adopted): void {
  catalogue.values(AREA).put(cid, Buffer.concat([Buffer.from(`${bytes}\0`), moved.toBytes()]))
}

export function forgetAdopted(catalogue: Catalogue, cid: string): void {
  catalogue.values(AREA).delete(cid)
}

/** Content bytes of a share that were there before; undefined when nothing was looked at. */
export function adoptedBytes(catalogue: Catalogue, cid: string): number | undefined {
  const stored = catalogue.values(AREA).get(cid)
  return stored === undefined
    ? undefined
    : Number(Buffer.from(stored.subarray(0, stored.indexOf(0))).toString())
}

/** A download is given up: part files that were the user's own get their names back, or one beside it. */
export async function giveBack(
  catalogue: Catalogue,
  { cid, path }: ShareRecord,
  partPath: string,
  layout: ShareLayout
): Promise<void> {
  const stored = catalogue.values(AREA).get(cid)
  if (stored === undefined) return
  const moved = Bitfield.fromBytes(stored.subarray(stored.indexOf(0) + 1), layout.files.length)
  const places = new Places(partPath, layout)
  for (const file of moved?.ones() ?? []) {
    if ((await statPath(places.path(file)))?.isFile() !== true) continue
    const name = join(path, ...places.parts(file))
    const isFree = (await statPath(name)) === undefined
    await rename(places.path(file), isFree ? name : await freeNameBeside(name))
  }
}
