import type { PeerNetwork } from '@p2pshare/ports'

/** Notices when this machine comes into another network, or back into one: what could not be reached may be near now. */
export class NetworkPlace {
  readonly #network: Pick<PeerNetwork, 'addresses' | 'peers'>
  #addresses: string | undefined
  #connected = false

  constructor(network: Pick<PeerNetwork, 'addresses' | 'peers'>) {
    this.#network = network
  }

  /** Whether the place has changed since this was asked last. */
  moved(): boolean {
    const addresses = this.#network.addresses().sort().join(' ')
    const connected = this.#network.peers().length > 0
    const isElsewhere = this.#addresses !== undefined && addresses !== this.#addresses
    const isBack = connected && !this.#connected
    this.#addresses = addresses
    this.#connected = connected
    return isElsewhere || isBack
  }
}
