import type { PeerInfo } from '@libp2p/interface'
import type { ContentKey, FindReport, Provider } from '@p2pshare/ports'
import { multiaddr } from '@multiformats/multiaddr'
import type { DhtLane } from '../dht/dht-lane.ts'
import { multihashOf } from '../dht/kad-key.ts'
import type { ProviderRecords } from '../dht/provider-records.ts'
import { boundedSignal } from '../dht/signals.ts'
import { reasonOf } from '../errors.ts'
import { DHT_MESSAGE, FIND } from '../limits/index.ts'
import { inScope } from '../node/address-scope.ts'
import type { Turnstile } from './turnstile.ts'

/** What a search in one DHT needs. */
export interface LaneSearchInit {
  lane: DhtLane
  /** Records that we ourselves keep for others in this DHT. */
  records: ProviderRecords
  turnstile: Turnstile
  /** Addresses that the peer store has for a peer. */
  knownAddresses: (peer: PeerInfo['id']) => Promise<string[]>
}

/**
 * Searches one DHT for providers of a block: first among the records that we keep for others, then
 * by asking. Never throws; the report says how it went.
 */
export async function searchLane(
  init: LaneSearchInit,
  key: ContentKey,
  parent: AbortSignal,
  emit: (provider: Provider) => void
): Promise<FindReport> {
  const { source } = init.lane.profile
  const bounded = boundedSignal(parent, FIND.timeout)
  const multihash = multihashOf(key)
  let providers = 0
  const take = (provider: Provider): void => {
    providers++
    emit(provider)
  }
  try {
    for (const own of init.records.providers(multihash, DHT_MESSAGE.maxPeers)) take({ ...own, source })
    if (!(await init.lane.waitForServer(bounded.signal, FIND.firstServerTimeout))) {
      return {
        source,
        outcome: providers > 0 ? 'found' : parent.aborted ? 'timed-out' : 'no-servers',
        providers
      }
    }
    await ask(init, multihash, bounded.signal, take)
    return { source, outcome: providers > 0 ? 'found' : 'nobody', providers }
  } catch (error) {
    const outcome = providers > 0 ? 'found' : bounded.signal.aborted ? 'timed-out' : 'failed'
    return { source, outcome, providers, ...(outcome === 'failed' ? { text: reasonOf(error) } : {}) }
  } finally {
    bounded.release()
  }
}

async function ask(
  init: LaneSearchInit,
  multihash: Uint8Array,
  signal: AbortSignal,
  take: (provider: Provider) => void
): Promise<void> {
  const leave = await init.turnstile.enter(signal)
  try {
    signal.throwIfAborted()
    for await (const peer of init.lane.providers(multihash, signal)) {
      take({
        peer: peer.id.toString(),
        addresses: await addressesOf(init, peer),
        source: init.lane.profile.source
      })
    }
  } finally {
    leave?.()
  }
}

/** What the provider's record says, or else what we know of the peer, in the DHT's scope. */
async function addressesOf(init: LaneSearchInit, peer: PeerInfo): Promise<string[]> {
  const { scope } = init.lane.profile
  const told = peer.multiaddrs.filter((address) => inScope(address, scope)).map(String)
  const addresses =
    told.length > 0
      ? told
      : (await init.knownAddresses(peer.id)).filter((text) => inScope(multiaddr(text), scope))
  return addresses.slice(0, DHT_MESSAGE.maxAddresses)
}
