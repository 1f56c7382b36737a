import type { PeerName, PeerWorth } from '@p2pshare/ports'
import type { LinkPeer } from './link-peer.ts'
import type { ShareDriver } from '../share/share-driver.ts'

/** What is asked of the session to judge a peer. */
export interface WorthSources {
  find: (peer: PeerName) => LinkPeer | undefined
  drivers: () => Iterable<Pick<ShareDriver, 'cid' | 'record' | 'members' | 'finder'>>
}

/**
 * What a peer is to our shares, for who chooses whose connections are kept. One without a link is wanted while a
 * share that looks for peers has heard of it; undefined otherwise.
 */
export function peerWorth(sources: WorthSources, name: PeerName): PeerWorth | undefined {
  const link = sources.find(name)
  if (link === undefined) return sought(sources, name)
  const worth = {
    transferring: link.outstanding.size > 0 || link.link.queuedData > 0,
    shares: 0,
    wanted: false,
    wanting: false
  }
  for (const { cid, record, members } of sources.drivers()) {
    if (!link.shares(cid)) continue
    const entry = members.peers.find(name)
    worth.shares++
    worth.wanting ||= entry?.interested === true
    worth.wanted ||= !record.complete && (entry?.pieces === undefined || entry.pieces.count > 0)
  }
  return worth
}

function sought(sources: WorthSources, name: PeerName): PeerWorth | undefined {
  let shares = 0
  for (const { finder } of sources.drivers()) if (finder.isSought(name)) shares++
  return shares === 0 ? undefined : { transferring: false, shares, wanted: true, wanting: false }
}
