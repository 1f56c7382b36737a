import type { Bitfield, Bytes, PieceIndex } from '@p2pshare/base'
import type { ContentKey, LinkEnd, PeerName } from '@p2pshare/ports'
import type { BlockRequestMessage, PieceRun, RefuseReason, RequestMessage } from '@p2pshare/wire'
import type { LinkPeer } from './link-peer.ts'

/** A share that takes part in swarms, as its peers' links see it; nothing here may throw. */
export interface Participant {
  readonly cid: string
  /** Why the share can't be talked about now; undefined when it can. */
  refusal(): RefuseReason | undefined
  /** What we call the share, for peers that have only its hash; empty when we don't know either. */
  readonly shareName: string
  /** What to tell a peer that subscribes; undefined until the index is known. */
  pieceMap(): Bitfield | undefined
  /** The other side agreed to take part, and calls the share `name` (unchecked); maps follow. */
  onJoined(peer: LinkPeer, name: string): void
  /** The other side does not take part (any more), or its link is gone. */
  onLeft(peer: LinkPeer, refused: RefuseReason | undefined): void
  onPieces(peer: LinkPeer, pieces: Bitfield): void
  onDelta(peer: LinkPeer, added: readonly PieceRun[], removed: readonly PieceRun[]): void
  onChoke(peer: LinkPeer, choked: boolean): void
  /** The peer wants, or no longer wants, pieces of ours. */
  onInterest(peer: LinkPeer, interested: boolean): void
  /** Where other members can be reached, as signed records that nobody has checked yet. */
  onExchange(peer: LinkPeer, records: readonly Uint8Array[]): void
  /** The peer's round trip was measured anew. */
  onRoundTrip(peer: LinkPeer): void
  /** Content bytes were sent to a peer for this share. */
  onUploaded(bytes: number): void
}

/** What links need from the node around them. */
export interface LinkOwner {
  /** The share by its root CID, opened if it was dormant; undefined when we have nothing of it. */
  participant(cid: string): Participant | undefined
  /** Canonical text of a root CID from the wire; undefined when it is none. */
  parseRoot(root: Uint8Array): string | undefined
  onRequest(peer: LinkPeer, cid: string, request: RequestMessage): void
  onBlockRequest(peer: LinkPeer, request: BlockRequestMessage): void
  onCancel(peer: LinkPeer, id: number): void
  /** Which of these blocks we could serve. */
  holds(digests: readonly ContentKey[]): Bitfield
  /** Bytes of a share came in: undefined, or when the peer's next ones may be read. */
  paceDown(peer: LinkPeer, share: string | undefined, bytes: number): Promise<void> | undefined
  onUnrequestedData(peer: LinkPeer): void
  /** The peer does without end what is harmless once. */
  onChatter(peer: LinkPeer, text: string): void
  onLinkClosed(peer: LinkPeer, end: LinkEnd): void
}

/** A piece of work asked of a peer; ends in exactly one of arrived, refused, lost. */
export interface Outgoing {
  /** CID of the share that the bytes are for. */
  share: string
  /** The answer must have this length; undefined: any up to `most`. */
  exact: Bytes | undefined
  most: Bytes
  open(length: number): Uint8Array
  progress(bytes: number): void
  arrived(): void
  refused(reason: RefuseReason): void
  /** The link closed, or nothing more will be written after a cancel. */
  lost(): void
}

/** Names a range of a share on disk. */
export interface PieceRange {
  piece: PieceIndex
  offset: Bytes
  length: Bytes
}

/** A peer to be dialled, with the share it is wanted for. */
export interface PeerHint {
  peer: PeerName
  addresses: readonly string[]
}
