import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isRelayed } from '../node/address-scope.ts'
import { RELAYED_LINK } from '../limits/index.ts'
import { isSpent, relayBudget, relayOnly } from './relay-budget.ts'
import type { SwarmLinksInit } from './swarm-host.ts'

/** Whether a connection leads to its peer without a relay, and without limits. */
export function isDirect({ limits, remoteAddr, status }: Connection): boolean {
  return status === 'open' && limits === undefined && !isRelayed(remoteAddr)
}

/**
 * Connects to a peer for a link, directly where that is possible: over a limited relay only when the routers let
 * nothing else through, and the relay enough.
 * @param addresses - of the peer; without any, those that the node knows
 * @throws ShareError `network.relay-only`, or what libp2p throws
 */
export async function bestWay(
  { libp2p, direct }: Pick<SwarmLinksInit, 'libp2p' | 'direct'>,
  peer: PeerId,
  addresses: Multiaddr[],
  signal: AbortSignal
): Promise<Connection> {
  // libp2p dials again where there is but a limited connection.
  const present = addresses.every(isRelayed)
    ? libp2p.getConnections(peer).find(({ status, limits }) => status === 'open' && limits !== undefined)
    : undefined
  const dialled = present ?? (await libp2p.dial(addresses.length > 0 ? addresses : peer, { signal }))
  if (dialled.limits === undefined || direct === undefined) return dialled
  const outcome = await orAbort(direct(dialled), signal)
  if ('connection' in outcome) return outcome.connection
  if (dialled.status !== 'open')
    throw relayOnly(peer.toString(), `${outcome.text}; the relay ended the connection`)
  if (isSpent(relayBudget(dialled), RELAYED_LINK.least)) throw relayOnly(peer.toString(), outcome.text)
  return dialled
}

/** @throws the signal's reason when it fires first */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
