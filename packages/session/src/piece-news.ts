import { type CancelTimer, type Clock, type Millis, millis, type PieceIndex, SECOND } from '@p2pshare/base'
import { pieceDeltas } from '@p2pshare/wire'
import type { LinkPeer } from './link-peer.ts'
import type { SharePeer } from './share-peers.ts'

/** How long news may wait that a peer can do nothing with. */
const LATE: Millis = millis(5 * SECOND)

/**
 * Tells the peers of a share which pieces we got. Who lacks a piece hears of it at once, and so
 * does who gave it (a super-seeder waits for that); who has it already needs it only for its
 * figures, and hears of all such pieces in one message every 5 s. In a large swarm that is half of
 * all messages less (libtorrent does not send such news at all).
 */
export class PieceNews {
  readonly #cid: string
  readonly #clock: Clock
  readonly #peers: () => Iterable<SharePeer>
  /** Who gave bytes of a piece that is not told of yet. */
  readonly #givers = new Map<PieceIndex, Set<string>>()
  #late = new Map<LinkPeer, PieceIndex[]>()
  #timer: CancelTimer | undefined

  /** @param peers - those that know the share */
  constructor(cid: string, clock: Clock, peers: () => Iterable<SharePeer>) {
    this.#cid = cid
    this.#clock = clock
    this.#peers = peers
  }

  /** Bytes of `count` pieces came from the peer. */
  gave(peer: string, piece: PieceIndex, count: number): void {
    for (let p = piece; p < piece + count; p++) {
      const givers = this.#givers.get(p)
      if (givers === undefined) this.#givers.set(p, new Set([peer]))
      else givers.add(peer)
    }
  }

  tell(added: readonly PieceIndex[], removed: readonly PieceIndex[]): void {
    // What is lost must not be told of late as got.
    if (removed.length > 0) this.flush()
    for (const { peer, pieces } of this.#peers()) {
      const now: PieceIndex[] = []
      const late: PieceIndex[] = []
      for (const piece of added) {
        const urgent = pieces?.has(piece) !== true || this.#givers.get(piece)?.has(peer.name) === true
        ;(urgent ? now : late).push(piece)
      }
      this.#send(peer, now, removed)
      if (late.length > 0) this.#keep(peer, late)
    }
    for (const piece of added) this.#givers.delete(piece)
  }

  /** Sends what waits. */
  flush(): void {
    this.#timer?.()
    this.#timer = undefined
    const late = this.#late
    this.#late = new Map()
    for (const [peer, pieces] of late) this.#send(peer, pieces, [])
  }

  #keep(peer: LinkPeer, pieces: readonly PieceIndex[]): void {
    const waiting = this.#late.get(peer)
    if (waiting === undefined) this.#late.set(peer, [...pieces])
    else waiting.push(...pieces)
    this.#timer ??= this.#clock.after(LATE, () => this.flush())
  }

  #send(peer: LinkPeer, added: readonly PieceIndex[], removed: readonly PieceIndex[]): void {
    const slot = peer.slotFor(this.#cid)
    if (slot === undefined || added.length + removed.length === 0) return
    for (const delta of pieceDeltas(slot, added, removed)) peer.send(delta)
  }
}
