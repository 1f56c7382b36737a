import { MAX_LINK_TEXT } from '../limits.ts'
import { malformedLink } from './malformed-link.ts'
import { percentDecode, percentEncode } from './percent.ts'

const OWN_LINK = /^(\s*p2pshare:[^/?#]*)(\/[^?#]*)?([?#][^]*)?$/i

/**
 * The link to a file or folder in a share: its path stands between hash and parameters, percent-encoded.
 * @param link - as `formatShareLink` made it
 * @param path - names with `/` between them
 * @throws ShareError `content.malformed-link` when that is longer than any link may be
 */
export function withLinkPath(link: string, path: string): string {
  const [, share = '', , rest = ''] = OWN_LINK.exec(link) ?? []
  const text = `${share}/${percentEncode(path)}${rest}`
  if (text.length > MAX_LINK_TEXT)
    throw malformedLink(link, `with the path it is longer than ${MAX_LINK_TEXT} characters`)
  return text
}

/**
 * Takes the path out of a `p2pshare:` link; undefined for every other text.
 * @returns the link that `parseShareRef` reads; the path as it stands there decoded, empty when there is none
 * @throws ShareError `content.malformed-link`
 */
export function splitLinkPath(text: string): { link: string; path: string } | undefined {
  const [, share, inner = '', rest = ''] = OWN_LINK.exec(text) ?? []
  if (share === undefined) return undefined
  const path = percentDecode(inner)
  if (path === undefined) throw malformedLink(text, 'its path is not percent-encoded UTF-8')
  return { link: share + rest, path }
}
