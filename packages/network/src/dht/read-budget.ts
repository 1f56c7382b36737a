import { DHT_MESSAGE } from '../limits/index.ts'

/**
 * Bytes that all inbound DHT streams of a node may hold unread together, and those of one peer. A stream that is not
 * read for a while holds its share here; one that would exceed the budget is reset.
 */
export class ReadBudget {
  readonly #peers = new Map<string, number>()
  #held = 0

  /** Bytes held now. */
  get held(): number {
    return this.#held
  }

  /**
   * Counts bytes of a peer; negative ones are given back.
   * @param own - bytes that the stream holds with them: a small request passes whatever others hold
   * @returns false when it is too much
   */
  count(peer: string, bytes: number, own: number): boolean {
    const ofPeer = (this.#peers.get(peer) ?? 0) + bytes
    this.#held += bytes
    if (ofPeer > 0) this.#peers.set(peer, ofPeer)
    else this.#peers.delete(peer)
    if (bytes <= 0 || own <= DHT_MESSAGE.smallUnread) return true
    return this.#held <= DHT_MESSAGE.maxUnreadOfAll && ofPeer <= DHT_MESSAGE.maxUnreadOfPeer
  }
}
