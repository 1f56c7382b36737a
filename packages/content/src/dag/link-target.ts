import { CID } from 'multiformats/cid'
import { checkCid, DAG_PB, DIGEST_SIZE, IDENTITY, RAW, SHA2_256 } from '../cid/supported-cid.ts'
import { type ContentFault, contentFault } from '../fault.ts'

/** What a link's CID says, without an object for the CID itself. */
export interface LinkTarget {
  readonly codec: typeof RAW | typeof DAG_PB
  readonly identity: boolean
  /** sha2-256 digest, or with `identity` the bytes themselves; a view. */
  readonly digest: Uint8Array
}

const V1_HEADER = 4
const V0_HEADER = 2

/** First characters of keys: `i` and `s`. */
const IDENTITY_KEY = 0x69
const HASH_KEY = 0x73

/** Reads the two forms that nearly all links have by their bytes, all others with the library. */
export function readTarget(bytes: Uint8Array): LinkTarget | ContentFault {
  const [b0, b1, b2, b3] = bytes
  if (bytes.byteLength === V1_HEADER + DIGEST_SIZE && b0 === 1 && b2 === SHA2_256 && b3 === DIGEST_SIZE) {
    if (b1 === RAW || b1 === DAG_PB) return { codec: b1, identity: false, digest: bytes.subarray(V1_HEADER) }
  }
  if (bytes.byteLength === V0_HEADER + DIGEST_SIZE && b0 === SHA2_256 && b1 === DIGEST_SIZE) {
    return { codec: DAG_PB, identity: false, digest: bytes.subarray(V0_HEADER) }
  }
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch {
    return contentFault('bad-block', 'a link holds something that is no CID')
  }
  return targetOf(cid)
}

/** The same for a CID. */
export function targetOf(cid: CID): LinkTarget | ContentFault {
  const fault = checkCid(cid)
  if (fault !== undefined) return fault
  const identity = cid.multihash.code === IDENTITY
  return { codec: cid.code === RAW ? RAW : DAG_PB, identity, digest: cid.multihash.digest }
}

/**
 * Names a dag-pb block in maps: one key for all spellings (version 0 and 1) of its CID, and never
 * the same for a hash and for identity bytes.
 */
export function blockKey(target: LinkTarget): string {
  return String.fromCharCode(target.identity ? IDENTITY_KEY : HASH_KEY, ...target.digest)
}
