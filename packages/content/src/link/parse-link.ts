import { type Bytes, bytes, printable, type ShareError } from '@p2pshare/base'
import { parseCid } from '../cid/parse-cid.ts'
import { checkCid } from '../cid/supported-cid.ts'
import { isContentFault } from '../fault.ts'
import {
  MAX_LINK_FRAGMENT,
  MAX_LINK_PEERS,
  MAX_LINK_TEXT,
  MAX_LONG_LINK,
  MAX_PEER_ADDRESS,
  MAX_SHARE_SIZE
} from '../limits.ts'
import { checkName } from '../names/name-gate.ts'
import { malformedLink } from './malformed-link.ts'
import { percentDecode } from './percent.ts'
import { readFragmentKey } from './share-key.ts'
import type { ShareRef } from './share-ref.ts'

const LINK_SCHEME = /^p2pshare:/i
const IPFS_PREFIX = /^(?:ipfs:\/\/|\/ipfs\/)/i
/** The scheme begins within this many characters of a text, white space included. */
const LINK_SCHEME_WITHIN = 64
const PEER_KEY = 'peer='
/** The form of a multiaddr; what it means is for the network to say. */
const MULTIADDR = /^(?:\/[!-.0-~]+)+$/

/** What the parameters of a link said so far. */
interface Params {
  name?: string
  size?: Bytes
  peers: string[]
  peersLeftOut?: number
  sealed?: true
}

/**
 * Reads what users give for a share: a CID (version 0 or 1, any multibase), a `p2pshare:` link,
 * `ipfs://<cid>` or `/ipfs/<cid>`. White space around it is ignored; more than 4 KiB are refused
 * without a look inside, but for the peers of a link: of these the first fifty are used.
 *
 * @throws ShareError `content.malformed-link` (fault `user`)
 */
export function parseShareRef(text: string): ShareRef {
  if (text.length > MAX_LONG_LINK) throw tooLong(text)
  const isOwn = LINK_SCHEME.test(text.slice(0, LINK_SCHEME_WITHIN).trimStart())
  if (!isOwn && text.length > MAX_LINK_TEXT) throw tooLong(text)
  const trimmed = text.trim()
  if (LINK_SCHEME.test(trimmed)) return parseOwnLink(trimmed)
  const path = trimmed.replace(IPFS_PREFIX, '')
  return { root: rootOf(trimmed, path === trimmed ? path : withoutTail(trimmed, path)), peers: [] }
}

/** The CID of an IPFS path or address, which must end there. */
function withoutTail(text: string, path: string): string {
  const cid = path.endsWith('/') ? path.slice(0, -1) : path
  if (/[/?#]/.test(cid))
    throw malformedLink(text, 'paths below a hash are not supported, give the hash alone')
  return cid
}

function rootOf(text: string, cidText: string): ShareRef['root'] {
  if (cidText === '') throw malformedLink(text, 'it is empty')
  const root = parseCid(cidText)
  if (root === undefined) throw malformedLink(text, 'the hash is misspelt or incomplete')
  const fault = checkCid(root)
  if (fault !== undefined) throw malformedLink(text, fault.message)
  return root
}

function parseOwnLink(text: string): ShareRef {
  const whole = text.slice('p2pshare:'.length)
  const hash = whole.indexOf('#')
  if (hash === -1) return parseBody(text, whole)
  const fragment = whole.slice(hash + 1)
  if (fragment.length > MAX_LINK_FRAGMENT) throw malformedLink(text, 'what follows its # is too long')
  const ref = parseBody(text, whole.slice(0, hash))
  const key = readFragmentKey(text, fragment)
  return key === undefined ? ref : { ...ref, sealed: true, key }
}

/** A link without its fragment. */
function parseBody(text: string, body: string): ShareRef {
  const mark = body.indexOf('?')
  const cid = mark === -1 ? body : body.slice(0, mark)
  if (cid.length > MAX_LINK_TEXT) throw tooLong(text)
  const root = rootOf(text, cid)
  const params: Params = { peers: [] }
  if (mark === -1) return { root, ...params }
  // Peers aside, a link is short; so no pair is read once the others are too long.
  let others = mark
  for (let at = mark + 1; at <= body.length; ) {
    const end = body.indexOf('&', at)
    const pair = body.slice(at, end === -1 ? body.length : end)
    at = end === -1 ? body.length + 1 : end + 1
    const isPeer = pair.startsWith(PEER_KEY)
    if (!isPeer) others += pair.length + 1
    if (others > MAX_LINK_TEXT) throw tooLong(text)
    if (isPeer && params.peers.length >= MAX_LINK_PEERS) params.peersLeftOut = (params.peersLeftOut ?? 0) + 1
    else readParam(text, pair, params)
  }
  return { root, ...params }
}

function tooLong(text: string): ShareError {
  return malformedLink(text, `it is longer than ${MAX_LINK_TEXT} characters`)
}

/** Takes one `key=value`; unknown keys are left to later versions. */
function readParam(text: string, pair: string, params: Params): void {
  const equals = pair.indexOf('=')
  const key = equals === -1 ? pair : pair.slice(0, equals)
  const value = percentDecode(equals === -1 ? '' : pair.slice(equals + 1))
  if (value === undefined) throw malformedLink(text, `"${printable(key, 16)}" is not percent-encoded UTF-8`)
  if (key === 'name') params.name = readName(text, value, params)
  else if (key === 'size') params.size = readSize(text, value, params)
  else if (key === 'sealed') params.sealed = true
  else if (key === 'peer') params.peers.push(readPeer(text, value))
}

function readName(text: string, value: string, params: Params): string {
  if (params.name !== undefined) throw malformedLink(text, 'it has two names')
  const fault = checkName(value)
  if (isContentFault(fault)) throw malformedLink(text, 'its name could not be stored safely')
  return value
}

function readSize(text: string, value: string, params: Params): Bytes {
  if (params.size !== undefined) throw malformedLink(text, 'it has two sizes')
  const size = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!(size <= MAX_SHARE_SIZE)) throw malformedLink(text, 'its size is no number of bytes up to 4 TiB')
  return bytes(size)
}

function readPeer(text: string, value: string): string {
  if (value.length > MAX_PEER_ADDRESS || !MULTIADDR.test(value)) {
    throw malformedLink(text, 'a peer in it is no multiaddr')
  }
  return value
}
