import { sep } from 'node:path'
import type { Catalogue, KeyValueStore, ShareRecord } from '@p2pshare/ports'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

/**
 * Whether the share is here only for as long as somebody reads it. One that lies elsewhere by now, since it was seeded
 * or fetched meanwhile, is not: only what lies in the folder of such shares may ever be deleted with them.
 */
export function isTemporary(catalogue: Catalogue, { cid, path }: Pick<ShareRecord, 'cid' | 'path'>): boolean {
  const folder = area(catalogue).get(cid)
  return folder !== undefined && path.startsWith(toString(folder) + sep)
}

/** @param folder - in which the share lies; absolute */
export function putTemporary(catalogue: Catalogue, cid: string, folder: string): void {
  area(catalogue).put(cid, fromString(folder))
}

export function forgetTemporary(catalogue: Catalogue, cid: string): void {
  area(catalogue).delete(cid)
}

/** All that are marked, those of a run that was killed among them. */
export function markedTemporary(catalogue: Catalogue): string[] {
  return [...area(catalogue).query('')].map(({ key }) => key)
}

function area(catalogue: Catalogue): KeyValueStore {
  return catalogue.values('temporary')
}
