import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { statPath } from '../disk/plain-file.ts'

const SUFFIX = '.p2pshare-part'
/** Where the catalogue keeps reserved part paths, by CID. */
const AREA = 'storage.part'
/** Where it keeps for which target each of them was reserved. */
const TARGET_AREA = 'storage.part-target'
/** Where it keeps part paths that do not count: a copy that is not whole yet, or what was copied. */
const OTHER_AREA = 'storage.part-other'
/** Bytes of a name on common file systems, minus what is put around it. */
const NAME_ROOM = 255 - SUFFIX.length - 12

/** Whether a name is that of a part file or folder; such are never seeded. */
export function isPartName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(SUFFIX)
}

/** `<folder>/.<name>.p2pshare-part`; the n-th one of that kind, from 1, where the first are taken. */
export function partPathFor(path: string, n = 1): string {
  const name = basename(path)
  // A long name is cut, and told from its like by a digest.
  const fits = Buffer.byteLength(name) <= NAME_ROOM
  const stem = fits ? name : createHash('sha256').update(name).digest('hex').slice(0, 32)
  return join(dirname(path), `.${stem}${n === 1 ? '' : `.${n}`}${SUFFIX}`)
}

/**
 * The part path that was reserved for a share. It is kept beside the share's row, since that is
 * written by others who need not know it. One that was reserved for another target is of an earlier fetch, and does
 * not count.
 */
export function reservedPartPath(catalogue: Catalogue, share: ShareRecord): string | undefined {
  const path = leftPartPath(catalogue, share.cid) ?? share.partPath
  if (path === undefined) return undefined
  const target = catalogue.values(TARGET_AREA).get(share.cid)
  // Before there were part folders, it lay beside its target.
  const counts =
    target === undefined
      ? dirname(path) === dirname(share.path)
      : Buffer.from(target).toString() === share.path
  return counts ? path : undefined
}

/** The fetch goes to another target from now on; its part path stays. */
export function retarget(catalogue: Catalogue, share: ShareRecord, target: string): void {
  if (reservedPartPath(catalogue, share) !== undefined)
    catalogue.values(TARGET_AREA).put(share.cid, Buffer.from(target))
}

/** The part path of a share's last download that was neither finished nor removed, wherever it is. */
export function leftPartPath(catalogue: Catalogue, cid: string): string | undefined {
  const known = catalogue.values(AREA).get(cid)
  return known === undefined ? undefined : Buffer.from(known).toString()
}

/** The download is complete, or removed. */
export function forgetPartPath(catalogue: Catalogue, cid: string): void {
  catalogue.values(AREA).delete(cid)
  catalogue.values(TARGET_AREA).delete(cid)
}

/**
 * Where the download of a share lies until it is complete. A new one gets a path that neither
 * another share nor anything on disk has, and the catalogue knows it before the first byte: what
 * lies there later is ours.
 * @param folder - where it is to lie; undefined = beside the target
 */
export async function reservePartPath(
  catalogue: Catalogue,
  share: ShareRecord,
  folder: string | undefined
): Promise<string> {
  const wanted = folder === undefined ? share.path : join(folder, basename(share.path))
  const path = reservedPartPath(catalogue, share) ?? (await freePartPath(catalogue, wanted))
  if (path === share.partPath) return path
  catalogue.transaction(() => {
    catalogue.putShare({ ...share, partPath: path })
    catalogue.values(AREA).put(share.cid, Buffer.from(path))
    catalogue.values(TARGET_AREA).put(share.cid, Buffer.from(share.path))
  })
  return path
}

/** A part path beside the target for a copy of the download, known before its first byte. */
export async function reserveHome(catalogue: Catalogue, cid: string, target: string): Promise<string> {
  const path = await freePartPath(catalogue, target)
  catalogue.values(OTHER_AREA).put(cid, Buffer.from(path))
  return path
}

/** The copy is whole and counts from now on; part of the caller's transaction. */
export function switchPart(
  catalogue: Catalogue,
  cid: string,
  { from, to }: { from: string; to: string }
): void {
  const share = catalogue.share(cid)
  if (share !== undefined) catalogue.putShare({ ...share, partPath: to })
  catalogue.values(AREA).put(cid, Buffer.from(to))
  catalogue.values(OTHER_AREA).put(cid, Buffer.from(from))
}

/** Part files of a share that do not count. */
export function otherPartPath(catalogue: Catalogue, cid: string): string | undefined {
  const known = catalogue.values(OTHER_AREA).get(cid)
  return known === undefined ? undefined : Buffer.from(known).toString()
}

export function forgetOtherPart(catalogue: Catalogue, cid: string): void {
  catalogue.values(OTHER_AREA).delete(cid)
}

async function freePartPath(catalogue: Catalogue, path: string): Promise<string> {
  const areas = [AREA, OTHER_AREA].flatMap((area) => [...catalogue.values(area).query('')])
  const taken = new Set(areas.map(({ value }) => Buffer.from(value).toString()))
  for (let n = 1; ; n++) {
    const candidate = partPathFor(path, n)
    if (!taken.has(candidate) && (await statPath(candidate)) === undefined) return candidate
  }
}
