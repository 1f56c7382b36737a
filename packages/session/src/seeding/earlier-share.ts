import type { ImportOptions, ShareFiles, SharePaths } from '@p2pshare/ports'
import type { ShareDriver } from '../share/share-driver.ts'

/**
 * The latest complete share of the same path, with its layout: what of it is unchanged need not be hashed again. Of
 * several paths, the one that has most of them.
 * @param isWanted - whether a share is of the same kind, private or not
 */
export function earlierShare(
  drivers: Iterable<ShareDriver>,
  paths: SharePaths,
  { files, isWanted }: { files: Pick<ShareFiles, 'rootsOf'>; isWanted: (cid: string) => boolean }
): ReturnType<NonNullable<ImportOptions['earlier']>> {
  const found = candidates(drivers, paths, isWanted).map((driver) => {
    const { cid, name, path, addedAt } = driver.record
    return { driver, addedAt, likeness: alike({ name, path, roots: files.rootsOf(cid) }, paths) }
  })
  found.sort((a, b) => b.likeness - a.likeness || b.addedAt - a.addedAt)
  const [best] = found
  const layout = best?.driver.bytes.layout
  if (best === undefined || best.likeness === 0 || layout === undefined) return undefined
  return { cid: best.driver.cid, layout }
}

/** Asks of as few shares as can be what is not in memory: a node may have very many. */
function candidates(
  drivers: Iterable<ShareDriver>,
  { path, roots }: SharePaths,
  isWanted: (cid: string) => boolean
): ShareDriver[] {
  return [...drivers].filter(
    ({ record }) => record.complete && (roots !== undefined || record.path === path) && isWanted(record.cid)
  )
}

/** 0 when they have nothing in common; of several paths, more the more of them are the same, the name counts less. */
function alike(one: SharePaths, other: SharePaths): number {
  if (one.roots === undefined || other.roots === undefined)
    return one.roots === other.roots && one.path === other.path ? 1 : 0
  const known = new Map(one.roots.map(({ name, path }) => [name, path]))
  const same = other.roots.filter(({ name, path }) => known.get(name) === path).length
  return same === 0 ? 0 : 2 * same + (one.name === other.name ? 1 : 0)
}
