import { canonicalCid } from '../cid/supported-cid.ts'
import { MAX_LINK_PEERS, MAX_LINK_TEXT } from '../limits.ts'
import { percentEncode } from './percent.ts'
import { formatShareKey } from './share-key.ts'
import type { ShareRef } from './share-ref.ts'

/**
 * The share link of a ref, which `parseShareRef` reads back. Peers that no longer fit 4 KiB, or a
 * name that does not, are left out. Of a private share the name is left out always, and the key stands in the
 * fragment, which browsers send to nobody.
 */
export function formatShareLink(ref: ShareRef): string {
  const base = `p2pshare:${canonicalCid(ref.root)}`
  const params: string[] = []
  const fragment = ref.key === undefined ? '' : `#key=${formatShareKey(ref.key)}`
  const isSealed = ref.sealed === true || ref.key !== undefined
  if (isSealed) params.push('sealed=1')
  else if (ref.name !== undefined) params.push(`name=${percentEncode(ref.name)}`)
  if (ref.size !== undefined) params.push(`size=${ref.size}`)
  for (const peer of ref.peers.slice(0, MAX_LINK_PEERS)) params.push(`peer=${percentEncode(peer)}`)
  let link = base
  for (const param of params) {
    const longer = `${link}${link === base ? '?' : '&'}${param}`
    if (longer.length + fragment.length <= MAX_LINK_TEXT) link = longer
  }
  return link + fragment
}
