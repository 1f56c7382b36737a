import type { AddressCondition, NetworkCondition, Reach, RelayCondition } from '@p2pshare/ports'

/**
 * Whether others can open a connection to this node, from what is known of its addresses and relays. Pure.
 * Addresses that nobody can tell about (loopback, LAN) say nothing about reach.
 */
export function reachFrom(
  addresses: readonly AddressCondition[],
  relays: readonly RelayCondition[],
  listens: boolean
): Reach {
  if (addresses.some(({ origin, verified }) => origin !== 'relay' && verified === 'yes')) return 'direct'
  if (relays.some(({ state }) => state === 'reserved')) return 'relayed'
  if (!listens) return 'none'
  const asked = addresses.filter(({ verified }) => verified === 'no' || verified === 'pending')
  return asked.length > 0 && asked.every(({ verified }) => verified === 'no') ? 'none' : 'unknown'
}

/** Reach, from what all parts of the node know. */
export function withReach(condition: NetworkCondition): NetworkCondition {
  const { addresses, relays, listening } = condition
  return { ...condition, reach: reachFrom(addresses, relays, listening.length > 0) }
}
