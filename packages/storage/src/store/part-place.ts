import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { statPath } from '../disk/plain-file.ts'

const SUFFIX = '.p2pshare-part'
/** Where the catalogue keeps reserved part paths, by CID. */
const AREA = 'storage.part'
/** Where it keeps for which target each of them was reserved. */
const TARGET_AREA = 'storage.part-target'
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
 */
export async function reservePartPath(catalogue: Catalogue, share: ShareRecord): Promise<string> {
  const path = reservedPartPath(catalogue, share) ?? (await freePartPath(catalogue, share))
  if (path === share.partPath) return path
  catalogue.transaction(() => {
    catalogue.putShare({ ...share, partPath: path })
    catalogue.values(AREA).put(share.cid, Buffer.from(path))
    catalogue.values(TARGET_AREA).put(share.cid, Buffer.from(share.path))
  })
  return path
}

async function freePartPath(catalogue: Catalogue, share: ShareRecord): Promise<string> {
  const reserved = [...catalogue.values(AREA).query('')].map(({ value }) => Buffer.from(value).toString())
  const taken = new Set(reserved)
  for (let n = 1; ; n++) {
    const candidate = partPathFor(share.path, n)
    if (!taken.has(candidate) && (await statPath(candidate)) === undefined) return candidate
  }
}
