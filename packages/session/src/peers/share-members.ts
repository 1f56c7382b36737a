import type { Bitfield, Rng } from '@p2pshare/base'
import { checkName, type ShareLayout } from '@p2pshare/content'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'
import type { PieceRun, RefuseReason } from '@p2pshare/wire'
import type { CID } from 'multiformats/cid'
import type { IndexLoop } from '../fetching/index-loop.ts'
import type { Choking } from '../serving/choking.ts'
import type { LinkPeer } from './link-peer.ts'
import type { Participant } from './participant.ts'
import type { PeerExchange } from './peer-exchange.ts'
import type { PieceLoop } from '../fetching/piece-loop.ts'
import type { NodeParts } from '../node-parts.ts'
import type { SuperSeeder, SuperSeederOwner } from '../seeding/super-seeding.ts'
import { applyDelta, SharePeers } from './share-peers.ts'

/** The share behind the members. */
export interface MembersOwner {
  readonly cid: string
  readonly record: Readonly<ShareRecord>
  readonly bytes: { prepare(): void }
  readonly finder: {
    onJoined(peer: string): void
    onLeft(peer: string): void
    onLacks(peer: string, reason: RefuseReason): void
    readonly exchange: Pick<PeerExchange, 'onJoined' | 'onRecords'>
  }
  refusal(): RefuseReason | undefined
  pieceMap(): Bitfield | undefined
  onUploaded(bytes: number): void
  changed(): void
}

/** The peers of one share: keeps who takes part and what each has, and tells the running loops. */
export class ShareMembers implements Participant {
  readonly cid: string
  readonly peers: SharePeers = new SharePeers()
  /** The loop that fetches the index, while it runs. */
  index: IndexLoop | undefined
  /** The loop that fetches pieces, while it runs. */
  pieces: PieceLoop | undefined
  /** The first acceptable name that a peer gave the share; no hash covers it. */
  suggestedName: string | undefined
  readonly #owner: MembersOwner
  readonly #root: CID
  readonly #rng: Rng
  readonly #choking: Choking
  readonly #files: ShareFiles
  readonly #replicas: NodeParts['replicas']
  #superSeeder: SuperSeeder | undefined

  constructor(
    owner: MembersOwner,
    root: CID,
    parts: Pick<NodeParts, 'rng' | 'choking' | 'files' | 'replicas'>
  ) {
    this.cid = owner.cid
    this.#owner = owner
    this.#root = root
    this.#rng = parts.rng
    this.#choking = parts.choking
    this.#files = parts.files
    this.#replicas = parts.replicas
  }

  refusal(): RefuseReason | undefined {
    return this.#owner.refusal()
  }

  /** Nothing while we super-seed: what each peer sees of us is decided when it has joined. */
  pieceMap(): Bitfield | undefined {
    return this.#superSeeder === undefined ? this.#owner.pieceMap() : undefined
  }

  onUploaded(bytes: number): void {
    this.#owner.onUploaded(bytes)
  }

  /** Says to a linked peer that we take part, and asks it for the index at once: its answer may bring both. */
  greet(peer: LinkPeer): void {
    if (this.refusal() !== undefined) return
    peer.subscribe(this, this.#root.bytes)
    this.index?.join(peer)
  }

  /** What peers are told; of a private share nothing, since its name is known by the key alone. */
  get shareName(): string {
    const { name, cid } = this.#owner.record
    return name === cid || this.#isPrivate ? '' : name
  }

  onJoined(peer: LinkPeer, name: string): void {
    this.peers.add(peer, false)
    this.#choking.joined(peer, this.cid, this.#owner.record.complete)
    if (this.suggestedName === undefined && name !== '' && !this.#isPrivate && checkName(name) === undefined)
      this.suggestedName = name
    peer.ping(this.#nonce())
    // It will ask soon, and to look at very many files takes a while.
    this.#owner.bytes.prepare()
    this.index?.join(peer)
    this.pieces?.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
    this.#superSeeder?.tell({ kind: 'joined', peer: peer.name })
    this.#owner.finder.onJoined(peer.name)
    this.#owner.finder.exchange.onJoined(peer)
    this.#owner.changed()
  }

  get #isPrivate(): boolean {
    return this.#files.keyOf(this.cid) !== undefined
  }

  onLeft(peer: LinkPeer, refused: RefuseReason | undefined): void {
    if (refused !== undefined) this.#owner.finder.onLacks(peer.name, refused)
    this.index?.leave(peer)
    if (!this.#remove(peer)) return
    this.pieces?.post({ kind: 'peer-left', peer: peer.name })
    this.#owner.finder.onLeft(peer.name)
    this.#owner.changed()
  }

  onPieces(peer: LinkPeer, pieces: Bitfield): void {
    const entry = this.peers.find(peer.name)
    if (entry === undefined || !this.#fits(peer, pieces)) return
    entry.pieces = pieces
    this.#noteReplica(peer, pieces)
    this.#choking.announced(peer.name, this.cid, pieces, [])
    this.pieces?.post({ kind: 'peer-pieces', peer: peer.name, pieces })
    this.#superSeeder?.tell({ kind: 'pieces', peer: peer.name, pieces })
    this.#partWhenBothComplete(peer, pieces)
  }

  onDelta(peer: LinkPeer, added: readonly PieceRun[], removed: readonly PieceRun[]): void {
    const map = this.peers.find(peer.name)?.pieces
    if (map === undefined || !applyDelta(map, added, removed)) {
      peer.close('protocol-error', 'change of a piece map that does not fit')
      return
    }
    if (map.isFull || removed.length > 0) this.#noteReplica(peer, map)
    this.#choking.announced(peer.name, this.cid, map, added)
    this.pieces?.post({ kind: 'peer-delta', peer: peer.name, added, removed })
    this.#superSeeder?.tell({ kind: 'delta', peer: peer.name, added, removed })
    this.#partWhenBothComplete(peer, map)
  }

  onChoke(peer: LinkPeer, choked: boolean): void {
    this.pieces?.post({ kind: 'peer-choking', peer: peer.name, choking: choked })
  }

  onInterest(peer: LinkPeer, interested: boolean): void {
    const entry = this.peers.find(peer.name)
    if (entry === undefined) return
    entry.interested = interested
    if (!this.superSeeding) this.#choking.interest(peer.name, this.cid, interested)
  }

  /** A peer asks for pieces; that they exist is not checked yet. */
  onRequested(peer: LinkPeer, pieces: PieceRun): void {
    if (this.#superSeeder === undefined || this.#choking.isChoked(peer.name, this.cid)) return
    this.#superSeeder.tell({ kind: 'requested', peer: peer.name, pieces })
  }

  /** Content of these pieces was sent to a peer. */
  onSent(peer: string, pieces: PieceRun, bytes: number): void {
    this.#superSeeder?.tell({ kind: 'sent', peer, pieces, bytes })
  }

  onExchange(peer: LinkPeer, records: readonly Uint8Array[]): void {
    this.#owner.finder.exchange.onRecords(peer, records)
  }

  onRoundTrip(peer: LinkPeer): void {
    const rtt = peer.roundTrip
    if (rtt !== undefined) this.pieces?.post({ kind: 'round-trip', peer: peer.name, rtt })
  }

  /** A peer that has some of our pieces as part of another share; may come again with more. */
  onHolder(peer: LinkPeer, pieces: Bitfield): void {
    const entry = this.peers.find(peer.name)
    if (this.pieces === undefined || peer.closed || entry?.holder === false) return
    if (entry === undefined) {
      this.peers.add(peer, true).pieces = pieces
      this.pieces.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
    } else for (const i of entry.pieces?.ones() ?? []) pieces.set(i)
    this.pieces.post({ kind: 'peer-pieces', peer: peer.name, pieces })
  }

  /** Holders, and peers that have not answered yet, are told by the end of their link alone. */
  onLinkClosed(peer: LinkPeer): void {
    if (this.peers.find(peer.name)?.peer === peer) this.onLeft(peer, undefined)
    else if (this.peers.find(peer.name) === undefined) {
      this.index?.leave(peer)
      this.#owner.finder.onLeft(peer.name)
    }
  }

  /** The index is known: maps that came before are checked now. */
  checkMaps(): void {
    for (const { peer, pieces } of [...this.peers.all()])
      if (pieces !== undefined && this.#fits(peer, pieces)) this.#noteReplica(peer, pieces)
  }

  /** Pieces are fetched from now on: everyone hears our map, the loop hears of everyone. */
  beginPieces(loop: PieceLoop): void {
    this.pieces = loop
    for (const peer of this.peers.subscribers()) peer.tellPieces(this)
    for (const { peer, pieces } of [...this.peers.all()]) {
      loop.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
      if (pieces !== undefined) loop.post({ kind: 'peer-pieces', peer: peer.name, pieces })
    }
  }

  /** All pieces are here: who has nothing to take from us, and nothing to give, is let go. */
  onComplete(): void {
    this.#choking.seeding(this.cid, true)
    for (const { peer, pieces, holder } of [...this.peers.all()]) {
      if (holder) this.#remove(peer)
      else if (pieces === undefined) peer.tellPieces(this)
      else this.#partWhenBothComplete(peer, pieces)
    }
  }

  /** Whether peers are offered pieces one by one; who is offered one is served. */
  get superSeeding(): boolean {
    return this.#superSeeder?.masked === true
  }

  /** From now on it decides what each peer sees of us. */
  superSeed(seeder: SuperSeeder): void {
    this.#superSeeder = seeder
    seeder.start()
  }

  /** What super-seeding may know and do here. */
  superSeeded(layout: ShareLayout): SuperSeederOwner {
    return { cid: this.cid, layout, peers: this.peers, onMasked: (masked) => this.#onMasked(masked) }
  }

  leaveAll(reason: RefuseReason): void {
    for (const { peer } of this.peers.all()) {
      peer.unsubscribe(this.cid, reason)
      this.#choking.left(peer.name, this.cid)
      this.#owner.finder.onLeft(peer.name)
    }
    this.peers.clear()
    this.#superSeeder = undefined
  }

  /** Once a second: measures round trips, which the request windows need. */
  tick(): void {
    this.#superSeeder?.tell({ kind: 'tick' })
    if (this.pieces === undefined) return
    for (const { peer } of this.peers.all()) peer.ping(this.#nonce())
  }

  /** Who is offered a piece is served: slots and turns come after super-seeding. */
  #onMasked(masked: boolean): void {
    for (const { peer, interested } of [...this.peers.all()].filter((entry) => !entry.holder)) {
      this.#choking.interest(peer.name, this.cid, interested && !masked)
      if (masked && this.#choking.isChoked(peer.name, this.cid)) {
        this.#choking.left(peer.name, this.cid)
        this.#choking.joined(peer, this.cid, true)
        const slot = peer.slotFor(this.cid)
        if (slot !== undefined) peer.send({ type: 'choke', slot, choked: false })
      }
    }
  }

  #fits(peer: LinkPeer, pieces: Bitfield): boolean {
    const { indexed, pieces: count } = this.#owner.record
    if (!indexed || pieces.length === count) return true
    peer.close('protocol-error', `map of ${pieces.length} pieces, the share has ${count}`)
    return false
  }

  /** Only of a share whose index is known, and with a map that fits: others prove nothing. */
  #noteReplica(peer: LinkPeer, pieces: Bitfield): void {
    const { indexed, pieces: count } = this.#owner.record
    if (indexed && count > 0) this.#replicas.note(this.cid, peer, pieces.isFull)
  }

  #partWhenBothComplete(peer: LinkPeer, pieces: Bitfield): void {
    if (!this.#owner.record.complete || !pieces.isFull) return
    peer.unsubscribe(this.cid, 'unspecified')
    this.#remove(peer)
  }

  #remove(peer: LinkPeer): boolean {
    if (!this.peers.remove(peer)) return false
    this.#choking.left(peer.name, this.cid)
    this.#superSeeder?.tell({ kind: 'left', peer: peer.name })
    return true
  }

  #nonce(): bigint {
    return BigInt(this.#rng.uint32()) + 1n
  }
}
