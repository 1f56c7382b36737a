import { decodeManifest, isContentFault } from '@p2pshare/content'
import type { Catalogue, Log, ShareRecord } from '@p2pshare/ports'
import { IdentityTable } from '../disk/identity-table.ts'
import { removeContent } from '../target/remove-files.ts'
import { forgetRoots, placeOf } from '../several/root-records.ts'
import { discardCipher } from './sealed-download.ts'
import { forgetSealed, keyOf, sourceOf } from './sealed-records.ts'

/**
 * Removes what belongs to a private share: part files, its key, and with `content` its plain files, those that are
 * what was shared.
 * @returns false when the share is no private one
 */
export async function removeSealed(
  { cid, path }: ShareRecord,
  content: boolean,
  { catalogue, log }: { catalogue: Catalogue; log: Log }
): Promise<boolean> {
  if (keyOf(catalogue, cid) === undefined) return false
  const source = sourceOf(catalogue, cid)
  await discardCipher({ catalogue }, cid)
  if (content && source !== undefined && source.path === path) {
    const tree = decodeManifest(source.manifest)
    if (!isContentFault(tree)) {
      const recorded = new IdentityTable(tree.files.length, catalogue.identities(cid))
      await removeContent(placeOf(catalogue, { cid, path }), tree, { recorded, isWhole: () => true, log })
    }
  }
  forgetSealed(catalogue, cid)
  forgetRoots(catalogue, cid)
  return true
}
