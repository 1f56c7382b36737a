import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type AddressScope, isLanHost, isLoopbackHost, isPublicHost } from '../node/address-scope.ts'

/** What a node knows of its own place, to judge addresses that strangers give. */
export interface HintPlace {
  scope: AddressScope
  /** Whether a private host lies in a subnet of this machine. */
  near: (host: string) => boolean
  /** Addresses that the node listens on. */
  listening: () => readonly Multiaddr[]
}

/** Longest address that is looked at, characters. */
const MAX_LENGTH = 512

/**
 * Whether an address of a link is worth a dial. Whoever made the link decides what we dial, so it must not be this
 * machine's own services, nor hosts of a LAN that happens to use the same private range as theirs.
 */
export function acceptsHint(text: string, place: HintPlace): boolean {
  const first = firstPart(text)
  if (first === undefined) return false
  const [name, value] = first
  if (name.startsWith('dns')) return place.scope !== 'lan'
  if (name !== 'ip4' && name !== 'ip6') return false
  if (isLoopbackHost(value)) return place.scope === 'lan' || listensToItself(place)
  if (isLanHost(value)) return place.scope !== 'public' && place.near(value)
  return place.scope !== 'lan' && isPublicHost(value)
}

function firstPart(text: string): [name: string, value: string] | undefined {
  if (text.length > MAX_LENGTH) return undefined
  try {
    const first = multiaddr(text)
      .getComponents()
      .find(({ name }) => name !== 'ip6zone')
    return first?.value === undefined ? undefined : [first.name, first.value]
  } catch {
    // From a stranger: no address.
    return undefined
  }
}

/** A node that only this machine can reach has no use for other hosts anyway. */
function listensToItself({ listening }: HintPlace): boolean {
  const all = listening()
  return (
    all.length > 0 &&
    all.every((address) => {
      const part = address.getComponents()[0]
      return part?.value !== undefined && /^ip[46]$/.test(part.name) && isLoopbackHost(part.value)
    })
  )
}
