import type { ShareLayout } from '@p2pshare/content'
import type { PieceStore } from '@p2pshare/ports'
import type { PieceStageOwner } from './piece-stage.ts'
import type { ShareDriver } from '../share/share-driver.ts'

/** The share, as the fetch of its pieces sees it. */
export function stageOwner(
  { cid, bytes, members, traffic, finder, wishes }: ShareDriver,
  layout: ShareLayout,
  store: PieceStore,
  ends: Pick<PieceStageOwner, 'onStoreFailed' | 'onSelected' | 'onComplete'>
): PieceStageOwner {
  return {
    cid,
    layout,
    store,
    peer: (name) => members.peers.find(name)?.peer,
    subscribers: () => members.peers.subscribers(),
    onReceived: (n) => traffic.received(n),
    onSeek: (pieces) => finder.seekPieces(layout, pieces),
    onFiles: (files) => {
      bytes.place(files).catch((error: unknown) => ends.onStoreFailed(error))
    },
    onHolder: (peer, held) => members.onHolder(peer, held),
    onPiece: () => wishes.pieceCame(),
    ...ends,
    onSelected: () => wishes.onceUnread(ends.onSelected)
  }
}
