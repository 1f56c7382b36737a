import { concat } from 'uint8arrays/concat'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { bytesField, lastVarint, readFields, varintField } from '../dht/protobuf.ts'
import { PUNCH } from '../limits/index.ts'
import { isRelayed, withoutPeer } from '../node/address-scope.ts'
import { reachOf } from '../node/record-addresses.ts'

/** libp2p's protocol for direct connections through relays (specs, relay/DCUtR.md). */
export const PUNCH_PROTOCOL = '/libp2p/dcutr'

/** Kinds of a {@link PunchMessage}, by their numbers. */
const TYPES = { connect: 100, sync: 300 } as const

/** One message of the protocol. */
export interface PunchMessage {
  type: keyof typeof TYPES
  /** Under which the sender may be reached when both dial at once; at most {@link PUNCH.maxAddresses}. */
  addresses: Multiaddr[]
}

/** The wire form, without the length prefix. */
export function encodePunch({ type, addresses }: PunchMessage): Uint8Array {
  return concat([
    varintField(1, TYPES[type]),
    ...addresses.map((address) => bytesField(2, withoutPeer(address).bytes))
  ])
}

/**
 * Reads the wire form. Of the addresses only those of the internet are left, and only a few: we are about to dial
 * them on the other side's word.
 * @returns undefined for what is no such message
 */
export function decodePunch(bytes: Uint8Array): PunchMessage | undefined {
  const fields = readFields(bytes)
  if (fields === undefined) return undefined
  const number = lastVarint(fields, 1)
  const type = number === TYPES.connect ? 'connect' : number === TYPES.sync ? 'sync' : undefined
  if (type === undefined) return undefined
  const addresses = new Map<string, Multiaddr>()
  for (const field of fields) {
    if (field.number !== 2 || !('bytes' in field) || addresses.size >= PUNCH.maxAddresses) continue
    const address = readAddress(field.bytes)
    if (address !== undefined) addresses.set(address.toString(), address)
  }
  return { type, addresses: [...addresses.values()] }
}

function readAddress(bytes: Uint8Array): Multiaddr | undefined {
  try {
    const address = withoutPeer(multiaddr(bytes))
    return !isRelayed(address) && reachOf(address) === 'public' ? address : undefined
  } catch {
    // A malformed address is the sender's loss; the others may be good.
    return undefined
  }
}
