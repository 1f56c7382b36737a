import type { PeerLink, PeerName } from '@p2pshare/ports'
import type { Clock } from '@p2pshare/base'
import { LinkPeer } from './link-peer.ts'
import type { LinkOwner } from './participant.ts'

/** All live links of the node, one per peer. */
export class LinkTable {
  readonly #peers = new Map<PeerName, LinkPeer>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#peers.size
  }

  find(name: PeerName): LinkPeer | undefined {
    return this.#peers.get(name)
  }

  all(): IterableIterator<LinkPeer> {
    return this.#peers.values()
  }

  /** Takes a new link into use and begins its delivery. */
  add(link: PeerLink, owner: LinkOwner): LinkPeer {
    const peer = new LinkPeer(link, owner, this.#clock)
    this.#peers.set(peer.name, peer)
    link.start(peer)
    return peer
  }

  /** Forgets a closed link, unless the peer is already back on another one. */
  remove(peer: LinkPeer): void {
    if (this.#peers.get(peer.name) === peer) this.#peers.delete(peer.name)
  }
}
