import { ShareError } from '@p2pshare/base'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { malformedLink } from './malformed-link.ts'

/** Bytes of the secret of a private share. */
export const SHARE_KEY_SIZE = 32
/** Bytes that tell whether secret and hash belong together. */
const CHECK_SIZE = 8
const VERSION = 1
/** Version, secret and check. */
const TEXT_BYTES = 1 + SHARE_KEY_SIZE + CHECK_SIZE
/** base64url without padding. */
const KEY_TEXT = /^[A-Za-z0-9_-]{2,}$/

/** What opens a private share. */
export interface ShareKey {
  /** 32 bytes, of this share and this version of it alone. */
  readonly secret: Uint8Array
  /** 8 bytes made of the secret and the share's hash: a key that belongs to another share is noticed by them. */
  readonly check: Uint8Array
}

/** Version, secret and check as base64url: 55 characters. */
export function formatShareKey({ secret, check }: ShareKey): string {
  const all = new Uint8Array(TEXT_BYTES)
  all[0] = VERSION
  all.set(secret, 1)
  all.set(check, 1 + SHARE_KEY_SIZE)
  return toString(all, 'base64url')
}

/**
 * The key in the fragment of a link; other parts of the fragment are left to later versions.
 * @throws ShareError `content.malformed-link`, whose message never repeats the key
 */
export function readFragmentKey(text: string, fragment: string): ShareKey | undefined {
  const keys = fragment.split('&').filter((pair) => pair.startsWith('key='))
  const [value] = keys
  if (value === undefined) return undefined
  if (keys.length > 1) throw malformedLink(text, 'it has two keys')
  const bytes = decode(value.slice('key='.length))
  if (bytes !== undefined && bytes[0] !== VERSION) {
    throw malformedLink(text, 'its key is of a kind that this version of p2pshare does not know')
  }
  if (bytes?.byteLength !== TEXT_BYTES) throw malformedLink(text, 'its key is misspelt or cut off')
  return { secret: bytes.slice(1, 1 + SHARE_KEY_SIZE), check: bytes.slice(1 + SHARE_KEY_SIZE) }
}

/** Undefined when it is not the one way to write its bytes. */
function decode(value: string): Uint8Array | undefined {
  if (!KEY_TEXT.test(value) || value.length % 4 === 1) return undefined
  try {
    const bytes = fromString(value, 'base64url')
    return toString(bytes, 'base64url') === value ? bytes : undefined
  } catch {
    return undefined
  }
}

/**
 * Refuses a key that does not belong to the share.
 * @param expected - the check value that the secret and the share's hash give
 * @throws ShareError `content.wrong-key`
 */
export function checkShareKey(key: ShareKey, expected: Uint8Array): void {
  if (!equals(key.check, expected)) throw wrongKey()
}

/** The key does not open the share. */
export function wrongKey(): ShareError {
  return new ShareError({
    code: 'content.wrong-key',
    fault: 'content',
    message: 'the key in the link does not open this share',
    hint: 'Copy the whole link again; hash and key must be of the same link.'
  })
}

/** The link was cut off before its key. */
export function keyMissing(cid: string): ShareError {
  return new ShareError({
    code: 'content.key-missing',
    fault: 'user',
    message: 'the link is of a private share, and its key is missing (what follows the #)',
    hint: `Ask for the whole link. To pass on the share for others without reading it: p2pshare fetch ${cid}`
  })
}
