import { printable, ShareError } from '@p2pshare/base'

/** How much of a refused input is repeated, UTF-16 units before escaping. */
const ECHO = 24

/**
 * The error for text that is no hash and no link. At most 24 characters of the input are repeated,
 * escaped, so at most 200 bytes.
 */
export function malformedLink(text: string, why: string): ShareError {
  return new ShareError({
    code: 'content.malformed-link',
    fault: 'user',
    message: `"${printable(text.slice(0, ECHO + 1), ECHO)}" is not a hash or share link: ${why}`,
    hint: 'Give the hash (Qm…, bafy…, bafk…) or the whole p2pshare: link that `p2pshare seed` printed.'
  })
}
