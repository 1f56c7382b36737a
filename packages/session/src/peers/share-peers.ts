import type { Bitfield } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import type { PieceRun } from '@p2pshare/wire'
import type { LinkPeer } from './link-peer.ts'

/** A peer of one share. */
export interface SharePeer {
  readonly peer: LinkPeer
  /** Has single blocks of this share as part of another one; knows nothing of this share. */
  readonly holder: boolean
  /** Undefined until the peer tells. */
  pieces: Bitfield | undefined
  /** Whether it says that it wants pieces of ours. */
  interested: boolean
}

/** Who takes part in one share, and what each says it has. */
export class SharePeers {
  readonly #peers = new Map<PeerName, SharePeer>()

  get size(): number {
    return this.#peers.size
  }

  find(name: PeerName): SharePeer | undefined {
    return this.#peers.get(name)
  }

  all(): IterableIterator<SharePeer> {
    return this.#peers.values()
  }

  /** Peers that both know the share, thus can be told of pieces. */
  *subscribers(): Generator<LinkPeer> {
    for (const { peer, holder } of this.#peers.values()) if (!holder) yield peer
  }

  add(peer: LinkPeer, holder: boolean): SharePeer {
    const entry: SharePeer = { peer, holder, pieces: undefined, interested: false }
    this.#peers.set(peer.name, entry)
    return entry
  }

  /** Removes the peer if it still is on this link. */
  remove(peer: LinkPeer): boolean {
    return this.#peers.get(peer.name)?.peer === peer && this.#peers.delete(peer.name)
  }

  clear(): void {
    this.#peers.clear()
  }
}

/** Applies a delta; false when it names pieces that do not exist. */
export function applyDelta(map: Bitfield, added: readonly PieceRun[], removed: readonly PieceRun[]): boolean {
  for (const { start, count } of [...added, ...removed]) if (start + count > map.length) return false
  for (const { start, count } of added) for (let i = start; i < start + count; i++) map.set(i)
  for (const { start, count } of removed) for (let i = start; i < start + count; i++) map.clear(i)
  return true
}
