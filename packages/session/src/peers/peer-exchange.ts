import { type ExchangedPeer, PeerExchangeRules } from '@p2pshare/engine'
import type { LinkPeer } from './link-peer.ts'
import type { NodeParts } from '../node-parts.ts'
import type { SharePeers } from './share-peers.ts'

/** Records looked at while nobody is sought: a peer's own come first, one for the LAN and one for everyone. */
const OWN_RECORDS = 2

/** The share that peers tell each other of. */
export interface ExchangeOwner {
  readonly cid: string
  readonly peers: SharePeers
  readonly finder: { readonly isSeeking: boolean; onExchanged(found: ExchangedPeer, bySelf: boolean): void }
}

/** Peer exchange of one share: signs, sends, checks; whom to tell what, and whom to believe, the engine's rules say. */
export class PeerExchange {
  readonly #parts: NodeParts
  readonly #owner: ExchangeOwner
  readonly #rules: PeerExchangeRules
  #telling = false

  constructor(parts: NodeParts, owner: ExchangeOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#rules = new PeerExchangeRules({ self: parts.network.self, rng: parts.rng })
  }

  /** Peers of the share that we know by others' words. */
  get known(): number {
    return this.#rules.known
  }

  onJoined({ name, link }: LinkPeer): void {
    const { lan, remoteAddress } = link
    this.#rules.joined({ peer: name, lan, remoteAddress }, this.#parts.clock.now())
    void this.#tell()
  }

  /** Records came; none of them is believed yet. */
  onRecords(peer: LinkPeer, records: readonly Uint8Array[]): void {
    const verdict = this.#rules.receive(peer.name, records.length, this.#parts.clock.now())
    if (verdict === 'taken') void this.#open(peer, records)
    if (verdict === 'abuse') this.#parts.trust.endChatter(peer, 'far too many peer records')
  }

  /** Tells what is due; called once a second. */
  tick(): void {
    void this.#tell()
  }

  async #open(peer: LinkPeer, records: readonly Uint8Array[]): Promise<void> {
    const { finder } = this.#owner
    const worth = finder.isSeeking ? records : records.slice(0, OWN_RECORDS)
    for (const bytes of worth) {
      const opened = await this.#parts.network.openRecord(bytes)
      if (peer.closed) return
      if (opened === undefined) continue
      const found = this.#rules.accept(peer.name, { ...opened, bytes }, finder.isSeeking)
      if (found !== undefined) finder.onExchanged(found, found.peer === peer.name)
    }
  }

  async #tell(): Promise<void> {
    this.#forgetGone()
    if (this.#telling || this.#rules.members.next().done === true) return
    this.#telling = true
    try {
      const { network, clock } = this.#parts
      const [forLan, forAll] = await Promise.all([network.ownRecord('lan'), network.ownRecord('public')])
      this.#forgetGone()
      const own = { private: forLan, public: forAll }
      const isComplete = (peer: string): boolean => this.#owner.peers.find(peer)?.pieces?.isFull === true
      for (const { peer, records } of this.#rules.tellings({ own, isComplete }, clock.now()))
        this.#send(peer, records)
    } catch (error) {
      this.#parts.log.warn(
        { cid: this.#owner.cid, error: String(error) },
        'our own record could not be signed'
      )
    } finally {
      this.#telling = false
    }
  }

  #send(name: string, records: readonly Uint8Array[]): void {
    const peer = this.#owner.peers.find(name)?.peer
    const slot = peer?.slotFor(this.#owner.cid)
    if (slot !== undefined) peer?.send({ type: 'peer-exchange', slot, records: [...records] })
  }

  #forgetGone(): void {
    for (const name of [...this.#rules.members])
      if (this.#owner.peers.find(name)?.holder !== false) this.#rules.left(name)
  }
}
