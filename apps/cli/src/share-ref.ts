import { printable, type ShareError } from '@p2pshare/base'
import { usageError } from './exit-code.ts'

/** What the API takes of a hash or link, characters. */
const MAX_SENT = 4096

/** A hash or link that can be sent. */
export interface CheckedLink {
  ref: string
  /** Something about it that its user should know. */
  note: string | undefined
}

/**
 * Checks a hash or link before anything else happens, so that a malformed one ends at once even
 * when no daemon runs. @returns the text to send
 * @throws ShareError `content.malformed-link`
 */
export async function checkedRef(text: string): Promise<string> {
  return (await checkedLink(text)).ref
}

/** As {@link checkedRef}; a link with too many peers is shortened, with a word about that. */
export async function checkedLink(text: string): Promise<CheckedLink> {
  const { formatShareLink, parseShareRef } = await import('@p2pshare/content/link')
  const parsed = parseShareRef(text)
  if (parsed.peersLeftOut === undefined && text.length <= MAX_SENT) return { ref: text, note: undefined }
  const ref = formatShareLink(parsed)
  const all = parsed.peers.length + (parsed.peersLeftOut ?? 0)
  const used = parseShareRef(ref).peers.length
  return { ref, note: `the link names ${all} peers; the first ${used} are used` }
}

/** A share, and where in it. */
export interface CheckedPlace {
  ref: string
  /** Names with `/` between them; left out for all of it. */
  path?: string | undefined
  note?: string
}

/**
 * Reads `<hash>/sub/path`; also `/ipfs/<hash>/sub` and `ipfs://<hash>/sub`, and links with a path between hash and
 * parameters, where it is percent-encoded.
 * @throws ShareError `content.malformed-link`, `cli.usage` for a path with `.` or `..`
 */
export async function checkedPlace(text: string): Promise<CheckedPlace> {
  const { splitLinkPath } = await import('@p2pshare/content/link')
  const { link, path: inner } = splitLinkPath(text) ?? splitHashPath(text)
  const path = inner.replace(/^\/+|\/+$/g, '')
  if (path.split('/').some((name) => name === '.' || name === '..'))
    throw usageError(
      `the path leads out of the share: ${printable(path, 100)}`,
      'Names lie below the hash: <hash>/sub/path.'
    )
  const { ref, note } = await checkedLink(link)
  return { ref, ...(path === '' ? {} : { path }), ...(note === undefined ? {} : { note }) }
}

/** A choice of files, of a link to a private share, which is fetched whole. @throws ShareError `cli.usage` */
export async function refusePartOfPrivate(ref: string, isPart: boolean): Promise<void> {
  if (!isPart) return
  const { parseShareRef } = await import('@p2pshare/content/link')
  const { sealed, key } = parseShareRef(ref)
  if (sealed === true || key !== undefined) throw partOfPrivate()
}

/** See {@link refusePartOfPrivate}. */
export function partOfPrivate(): ShareError {
  return usageError(
    'a private share is fetched whole: its files are encrypted together, as one',
    "Leave out the choice of files. One file of it: p2pshare cat '<link>' <path> > <file>; p2pshare ls lists them."
  )
}

/** What is shown on a terminal may be looked at, or copied. */
export function withoutKey(ref: string): string {
  return ref.split('#', 1)[0] ?? ref
}

/** Of a hash everything behind the first slash is the path. */
function splitHashPath(text: string): { link: string; path: string } {
  const [, scheme = '', hash = '', path = ''] =
    /^(\s*(?:ipfs:\/\/|\/ipfs\/)?)([^/]*)([^]*)$/i.exec(text) ?? []
  return { link: scheme + hash, path }
}
