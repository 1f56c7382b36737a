import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLanHost, isLoopbackHost } from '../node/address-scope.ts'

/** An address of one of this machine's interfaces, as `os.networkInterfaces` gives it. */
export interface InterfaceAddress {
  address: string
  cidr: string | null
  internal: boolean
}

/** How long a look at the interfaces counts, ms. */
const FRESH = 5_000

/** Which private addresses lie in the LANs that this machine is on. */
export class OwnSubnets {
  readonly #read: () => InterfaceAddress[]
  readonly #now: () => number
  #list = new BlockList()
  #readAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number, read: () => InterfaceAddress[] = readInterfaces) {
    this.#now = now
    this.#read = read
  }

  /** Whether a private or link-local IP literal lies in a subnet of this machine; never loopback. */
  has(host: string): boolean {
    if (!isLanHost(host) || isLoopbackHost(host)) return false
    this.#refresh()
    return this.#list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
  }

  #refresh(): void {
    if (this.#now() - this.#readAt < FRESH) return
    this.#readAt = this.#now()
    this.#list = new BlockList()
    for (const { address, cidr, internal } of this.#read()) {
      const bits = Number(cidr?.split('/')[1])
      if (internal || !Number.isInteger(bits)) continue
      this.#list.addSubnet(address, bits, isIPv6(address) ? 'ipv6' : 'ipv4')
    }
  }
}

function readInterfaces(): InterfaceAddress[] {
  try {
    return Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  } catch {
    // The system does not tell: then no private address fits.
    return []
  }
}
