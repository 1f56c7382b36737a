import { base10 } from 'multiformats/bases/base10'
import { base16, base16upper } from 'multiformats/bases/base16'
import { base2 } from 'multiformats/bases/base2'
import { base256emoji } from 'multiformats/bases/base256emoji'
import {
  base32,
  base32hex,
  base32hexpad,
  base32hexpadupper,
  base32hexupper,
  base32pad,
  base32padupper,
  base32upper,
  base32z
} from 'multiformats/bases/base32'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc, base58flickr } from 'multiformats/bases/base58'
import { base64, base64pad, base64url, base64urlpad } from 'multiformats/bases/base64'
import { base8 } from 'multiformats/bases/base8'
import type { MultibaseDecoder } from 'multiformats/bases/interface'
import { CID } from 'multiformats/cid'

/**
 * Longest CID text that is tried: base2 of the longest identity CID (128 bytes and four of header)
 * needs 1057 characters. Bases whose size is no power of two take quadratic time, so this bounds it.
 */
const LONGEST_CID_TEXT = 1100

const DECODERS = [
  base2,
  base8,
  base10,
  base16,
  base16upper,
  base32,
  base32hex,
  base32hexpad,
  base32hexpadupper,
  base32hexupper,
  base32pad,
  base32padupper,
  base32upper,
  base32z,
  base36,
  base36upper,
  base58btc,
  base58flickr,
  base64,
  base64pad,
  base64url,
  base64urlpad,
  base256emoji
]

const BY_PREFIX: ReadonlyMap<string, MultibaseDecoder<string>> = new Map(
  DECODERS.map((base): [string, MultibaseDecoder<string>] => [base.prefix, base.decoder])
)

/**
 * Reads a CID of version 0 or 1 in any multibase.
 * @returns undefined when the text is none
 */
export function parseCid(text: string): CID | undefined {
  if (text.length > LONGEST_CID_TEXT) return undefined
  const first = text.codePointAt(0)
  if (first === undefined) return undefined
  try {
    // Version 0 has no multibase prefix: base58btc, 46 characters that begin with Qm.
    if (text.length === 46 && text.startsWith('Qm')) return CID.parse(text, base58btc)
    const decoder = BY_PREFIX.get(String.fromCodePoint(first))
    return decoder === undefined ? undefined : CID.decode(decoder.decode(text))
  } catch {
    // Whatever the decoders dislike about it, the text is no CID.
    return undefined
  }
}
