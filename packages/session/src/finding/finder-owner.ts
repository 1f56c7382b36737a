import type { CID } from 'multiformats/cid'
import type { ShareDriver } from '../share/share-driver.ts'
import { provisionOf } from './provision.ts'
import type { FinderOwner } from './share-finder.ts'

/** A share as the one that finds peers for it sees it. */
export function finderOwner(
  share: Pick<ShareDriver, 'cid' | 'record' | 'members' | 'changed'> & {
    readonly bytes: Pick<ShareDriver['bytes'], 'have'>
  },
  root: CID
): FinderOwner {
  const { cid, record, members } = share
  return {
    cid,
    rootDigest: root.multihash.digest,
    hints: record.hints,
    peers: members.peers,
    provision: () =>
      provisionOf(
        share.bytes.have,
        [...members.peers.all()].map(({ pieces }) => pieces)
      ),
    greet: (peer) => members.greet(peer),
    onHolder: (peer, pieces) => members.onHolder(peer, pieces),
    changed: () => share.changed()
  }
}
