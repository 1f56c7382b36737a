import { sep } from 'node:path'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'

/** Where something of a share lies that another share has, too. */
export interface Overlap {
  readonly cid: string
  /** Of the other share; of several paths the one that is meant. */
  readonly path: string
}

/** Overlaps that are told. */
const MOST_TOLD = 100

/**
 * Shares of the other kind, private or not, that have files of this one: what is shared encrypted and in the clear can
 * be recognised by its plain hashes.
 * @param others - all shares of the node. Cost: two comparisons each
 */
export function overlapsOf(
  share: Pick<ShareRecord, 'cid' | 'path'>,
  others: Iterable<Pick<ShareRecord, 'cid' | 'path'>>,
  files: Pick<ShareFiles, 'keyOf' | 'rootsOf'>
): Overlap[] {
  const found: Overlap[] = []
  const kind = files.keyOf(share.cid) !== undefined
  const own = placesOf(share, files)
  for (const other of others) {
    // Paths of a share lie below its own, so that the catalogue is asked about few.
    if (other.cid === share.cid || !meet(share.path, other.path)) continue
    if ((files.keyOf(other.cid) !== undefined) === kind) continue
    const path = placesOf(other, files).find((place) => own.some((mine) => meet(mine, place)))
    if (path !== undefined && found.push({ cid: other.cid, path }) === MOST_TOLD) break
  }
  return found
}

function placesOf(
  { cid, path }: Pick<ShareRecord, 'cid' | 'path'>,
  files: Pick<ShareFiles, 'rootsOf'>
): string[] {
  return files.rootsOf(cid)?.map((root) => root.path) ?? [path]
}

/** Whether they are the same, or one lies in the other. */
function meet(one: string, other: string): boolean {
  return liesBelow(one, other) || liesBelow(other, one)
}

function liesBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
