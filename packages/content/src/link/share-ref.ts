import type { Bytes } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import type { ShareKey } from './share-key.ts'

/** What a share link or hash names. */
export interface ShareRef {
  readonly root: CID
  /** A name for people and the target file; passed the name gate, not yet mapped to a disk name. */
  readonly name?: string
  /** Content bytes as the link claims; nothing may rely on it. */
  readonly size?: Bytes
  /** Multiaddrs to try first, at most 50, checked for form only. */
  readonly peers: readonly string[]
  /** How many more the link has, which were not looked at; absent: none. */
  readonly peersLeftOut?: number
  /** The link says that what it names is encrypted: without a key it was cut off. */
  readonly sealed?: true
  /** What opens a private share; it is nowhere but in a link's fragment. */
  readonly key?: ShareKey
}
