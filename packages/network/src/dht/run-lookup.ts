import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { Clock } from '@p2pshare/base'
import { LOOKUP } from '../limits/index.ts'
import type { Kad } from './kad-internals.ts'
import { kadPositionOfPeer } from './kad-key.ts'
import type { Lookup, LookupPeer } from './lookup.ts'

/** A DHT server within a lookup. */
export interface LanePeer extends LookupPeer {
  id: PeerId
}

/** What one server said. */
export interface LookupAnswer {
  from: PeerId
  /** Steps from our own table to it, at least 1. */
  hops: number
  /** Those it named for the key, checked by `boundResponses`. */
  providers: PeerInfo[]
}

/** A question to every server on the way. */
export interface LookupRequest {
  type: 'FIND_NODE' | 'GET_PROVIDERS'
  key: Uint8Array
}

export function lanePeer(id: PeerId): LanePeer {
  return { id, name: id.toString(), position: kadPositionOfPeer(id) }
}

/**
 * Makes the requests of a lookup and yields the answers as they come, until it is over. A consumer
 * that stops early ends what is under way. Servers that answered are offered to the routing table;
 * those that could not be reached leave it, unless nearly nobody could be, which is our own trouble.
 *
 * @throws the reason of `signal` when it fires
 */
export async function* runLookup(
  { kad, clock }: { kad: Kad; clock: Clock },
  lookup: Lookup<LanePeer>,
  request: LookupRequest,
  signal: AbortSignal
): AsyncGenerator<LookupAnswer> {
  const ending = new AbortController()
  const onAbort = (): void => {
    ending.abort(signal.reason)
    wake()
  }
  const answers: LookupAnswer[] = []
  let wake = (): void => undefined
  signal.addEventListener('abort', onAbort, { once: true })
  const ask = async (peer: LanePeer): Promise<void> => {
    const stopWaiting = clock.after(LOOKUP.patience, () => {
      lookup.slow(peer.name)
      wake()
    })
    const answer = await exchange(kad, peer, request, ending.signal)
    stopWaiting()
    if (ending.signal.aborted) return
    if (answer === undefined) lookup.failed(peer.name)
    else {
      const hops = lookup.answered(
        peer.name,
        answer.closer.map(({ id }) => lanePeer(id))
      )
      kad.routingTable.queueRoutingTableUpdate(peer.id)
      answers.push({ from: peer.id, hops, providers: answer.providers })
    }
    wake()
  }
  try {
    for (;;) {
      signal.throwIfAborted()
      for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) yield answer
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      for (const peer of lookup.next()) void ask(peer)
      if (answers.length > 0) continue
      if (lookup.isOver) break
      await promise
    }
    forgetUnreachable(kad, lookup)
  } finally {
    signal.removeEventListener('abort', onAbort)
    ending.abort()
  }
}

/** One request; undefined when it failed for whatever reason. */
async function exchange(
  kad: Kad,
  { id }: LanePeer,
  { type, key }: LookupRequest,
  signal: AbortSignal
): Promise<{ closer: PeerInfo[]; providers: PeerInfo[] } | undefined> {
  try {
    const events = kad.network.sendRequest(id, { type, key }, { signal, path: NO_PATH })
    for await (const event of events) {
      if (event.name !== 'PEER_RESPONSE') continue
      // Whoever is named without an address that may be dialled cannot be asked.
      return { closer: event.closer.filter(isReachable), providers: event.providers }
    }
  } catch {
    // kad-dht says so with an event; should it throw after all, it is the same.
  }
  return undefined
}

const isReachable = (peer: PeerInfo): boolean => peer.multiaddrs.length > 0

function forgetUnreachable(kad: Kad, lookup: Lookup<LanePeer>): void {
  const { unreachable } = lookup
  if (unreachable.length > lookup.closest.length) return
  for (const { id } of unreachable) kad.routingTable.remove(id).catch(() => undefined)
}

/** kad-dht's note for its events, which we do not use. */
const NO_PATH = { index: 0, queued: 0, running: 0, total: 0 }
