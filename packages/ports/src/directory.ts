import type { PeerAddress } from './peer-network.ts'

/** sha2-256 digest of a block: 32 bytes. DHT keys are the multihash made of it. */
export type ContentKey = Uint8Array

/** Someone who says that they have the content. */
export interface Provider extends PeerAddress {
  /** Where the word came from, for display. */
  source: 'lan-dht' | 'amino-dht' | 'private-dht' | 'mdns' | 'hint'
}

/** What a finder asked and heard, for "what was tried". */
export interface FindReport {
  source: Provider['source'] | 'exchange' | 'known'
  outcome: 'found' | 'nobody' | 'no-servers' | 'failed' | 'timed-out'
  providers: number
  text?: string
}

/** Keys that a share consists of, read by index so that a million chunks cost no memory here. */
export interface KeyList {
  readonly count: number
  key(index: number): ContentKey
}

/** What this node has and wants to be found for. */
export interface Publication {
  /** Root CID text of the share; names the publication. */
  share: string
  root: ContentKey
  files: KeyList
  chunks: KeyList
}

/** How far announcing is. */
export interface PublicationStatus {
  announced: number
  total: number
  /** Wall time (ms) of the oldest record still standing, undefined before the first. Records end after 48 h. */
  oldest: number | undefined
  /** Wall time (ms) at which the next cycle begins, in which everything is announced again. */
  nextCycle: number
}

/** How far announcing is in one DHT, over all publications. */
export interface AnnouncingStatus extends PublicationStatus {
  source: Provider['source']
  /** One sentence for people when records are about to end. */
  warning: string | undefined
}

/** Who has what: the DHTs. Queries go to each DHT on its own, with its own signal. */
export interface Directory {
  /** The DHTs there are, each of which can be asked alone. */
  readonly sources: readonly Provider['source'][]
  /**
   * Looks for providers of a block in every DHT at once; yields each peer once, as soon as it is
   * known, never ourselves. Ends when all DHTs have answered or `signal` aborts (no throw).
   * `only` names the one DHT to ask.
   */
  find(
    key: ContentKey,
    options: {
      signal: AbortSignal
      only?: Provider['source']
      onReport?: (report: FindReport) => void
    }
  ): AsyncIterable<Provider>
  /**
   * Declares that we have a share (or parts of it): the root is announced at once, then files,
   * then chunks, paced, all again every 22 h, until withdrawn. Declaring again replaces the lists.
   * How far it is outlives a restart: whoever only stops does not withdraw.
   */
  publish(publication: Publication): void
  /** Nothing of it is announced any more, and how far it was is forgotten; what others have of it ends by itself. */
  withdraw(share: string): void
  /** As far as the DHT that has most of it. */
  publicationStatus(share: string): PublicationStatus | undefined
  /** Each DHT on its own. */
  announcing(): AnnouncingStatus[]
}
