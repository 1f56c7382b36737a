import { sep } from 'node:path'
import type { Catalogue, ShareRecord, ShareRoot } from '@p2pshare/ports'
import { SharePlace } from './share-place.ts'

/** Where the catalogue keeps the paths of shares that have several, by CID. */
const AREA = 'share-roots'

/** The paths of a share of several; undefined of one that lies at one path, and of what cannot be read. */
export function rootsOf(catalogue: Catalogue, cid: string): readonly ShareRoot[] | undefined {
  const value = catalogue.values(AREA).get(cid)
  if (value === undefined) return undefined
  // Neither names nor paths hold a zero byte.
  const texts = Buffer.from(value).toString().split('\0')
  const roots: ShareRoot[] = []
  for (let at = 0; at + 1 < texts.length; at += 2)
    roots.push({ name: texts[at] ?? '', path: texts[at + 1] ?? '' })
  return roots.length === 0 ? undefined : roots
}

export function putRoots(catalogue: Catalogue, cid: string, roots: readonly ShareRoot[]): void {
  const texts = roots.flatMap(({ name, path }) => [name, path])
  catalogue.values(AREA).put(cid, Buffer.from(texts.join('\0')))
}

/** The share is gone, or lies at one path now. */
export function forgetRoots(catalogue: Catalogue, cid: string): void {
  catalogue.values(AREA).delete(cid)
}

/** Where a share of the catalogue lies: one whose path is another now than that of its roots lies there alone. */
export function placeOf(catalogue: Catalogue, { cid, path }: Pick<ShareRecord, 'cid' | 'path'>): SharePlace {
  const roots = rootsOf(catalogue, cid)
  const folder = path.endsWith(sep) ? path : path + sep
  return new SharePlace(
    path,
    roots?.every((root) => root.path.startsWith(folder)) === true ? roots : undefined
  )
}

/** Whether two shares lie at the same paths, as far as each has several. */
export function sameRoots(
  one: readonly ShareRoot[] | undefined,
  other: readonly ShareRoot[] | undefined
): boolean {
  if (one === undefined || other === undefined) return one === other
  return (
    one.length === other.length &&
    one.every(({ name, path }, i) => name === other[i]?.name && path === other[i].path)
  )
}
