import { type Listener, type ListenerEvents, TypedEventEmitter } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerName } from '@p2pshare/ports'
import type { NodeComponents } from '../node/node-components.ts'

/** The places that relays keep for us, as a listener of libp2p: its addresses are those under which we are told. */
export class CircuitListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #components: Pick<NodeComponents, 'addressManager'>
  readonly #places = new Map<PeerName, readonly Multiaddr[]>()

  constructor(components: Pick<NodeComponents, 'addressManager'>) {
    super()
    this.#components = components
  }

  async listen(): Promise<void> {
    // Nothing to open: places come and go.
  }

  hasPlaceAt(relay: PeerName): boolean {
    return this.#places.has(relay)
  }

  /** Tells these addresses from now on, instead of what was told of the relay before. */
  add(relay: PeerName, addresses: readonly Multiaddr[]): void {
    const before = this.#places.get(relay) ?? []
    if (before.join(' ') === addresses.join(' ')) return
    this.#withdraw(before)
    this.#places.set(relay, addresses)
    // The relay has proven that it reaches us.
    for (const address of addresses)
      this.#components.addressManager.confirmObservedAddr(address, { type: 'transport' })
    this.#changed()
  }

  remove(relay: PeerName): void {
    const before = this.#places.get(relay)
    if (before === undefined) return
    this.#places.delete(relay)
    this.#withdraw(before)
    this.#changed()
  }

  getAddrs(): Multiaddr[] {
    return [...this.#places.values()].flat()
  }

  updateAnnounceAddrs(): void {
    // Nothing of ours belongs in them.
  }

  async close(): Promise<void> {
    this.#places.clear()
    queueMicrotask(() => this.safeDispatchEvent('close'))
  }

  #withdraw(addresses: readonly Multiaddr[]): void {
    for (const address of addresses) this.#components.addressManager.removeObservedAddr(address)
  }

  #changed(): void {
    queueMicrotask(() => this.safeDispatchEvent('listening'))
  }
}
