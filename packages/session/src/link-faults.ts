import type { Log, LinkEnd } from '@p2pshare/ports'
import type { CloseCode } from '@p2pshare/wire'
import type { LinkPeer } from './link-peer.ts'
import type { TrustKeeper } from './trust-keeper.ts'

/** Ends of a link that are the peer's doing and that nobody else counts (threats T2, T9). */
const FAULTS: ReadonlySet<CloseCode> = new Set(['protocol-error', 'limit-exceeded'])
/** Answers nobody asked for that a link may bring before it is a strike (threat T12). */
const UNREQUESTED_TOLERATED = 16

/** What peers do wrong on their links, whatever share it is about. */
export class LinkFaults {
  readonly #trust: Pick<TrustKeeper, 'strike'>
  readonly #log: Log
  readonly #unrequested = new WeakMap<LinkPeer, number>()

  constructor({ trust, log }: { trust: Pick<TrustKeeper, 'strike'>; log: Log }) {
    this.#trust = trust
    this.#log = log
  }

  /** An answer came that nobody asked for: too many end the link. */
  onUnrequestedData(peer: LinkPeer): void {
    const count = (this.#unrequested.get(peer) ?? 0) + 1
    this.#unrequested.set(peer, count)
    if (count <= UNREQUESTED_TOLERATED) return
    this.#trust.strike(peer.name, 'unrequested-data')
    peer.close('unrequested-data', `${count} answers that nobody asked for`)
  }

  /** A link ended, perhaps since the peer broke a rule. */
  onClosed({ name }: LinkPeer, { remote, code, text }: LinkEnd): void {
    if (remote || !FAULTS.has(code)) return
    this.#log.warn({ peer: name, code, reason: text }, 'link closed: peer broke a rule')
    this.#trust.strike(name, 'broken-rule')
  }
}
