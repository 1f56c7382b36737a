import { fromString } from 'uint8arrays/from-string'
import { canonicalCid } from '../cid/supported-cid.ts'
import { MAX_LINK_PEERS, MAX_LINK_TEXT } from '../limits.ts'
import { formatShareKey } from './share-key.ts'
import type { ShareRef } from './share-ref.ts'

/** Kept as they are in a link; they need no escape in a query (RFC 3986) and keep addresses legible. */
const PLAIN = /[A-Za-z0-9\-._~/:]/

function percentEncode(value: string): string {
  let text = ''
  for (const byte of fromString(value, 'utf8')) {
    const character = String.fromCharCode(byte)
    text += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

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
