import { pieceIndex } from '@p2pshare/base'
import type { Flow } from '@p2pshare/engine'
import type { Controls } from './controls.ts'
import type { LimitKeeper } from './limit-keeper.ts'
import type { LinkPeer } from './link-peer.ts'
import type { NodeBlocks } from './local-blocks.ts'
import type { NodeParts } from './node-parts.ts'
import { readRequest } from './read-request.ts'
import type { ShareDriver } from './share-driver.ts'
import { Uploader } from './uploader.ts'

/** Sends what peers ask the node for, as far as its shares, its limits and choking allow. */
export function nodeUploader(
  parts: NodeParts,
  { find, blocks }: { find(cid: string): ShareDriver | undefined; blocks: NodeBlocks },
  { controls, limits }: { controls: Controls; limits: LimitKeeper }
): Uploader {
  const { choking, trust } = parts
  return new Uploader(
    {
      readRequest: (cid, request) => readRequest(find(cid), request),
      readBlock: (digest, offset, length) => blocks.readPart(digest, offset, length),
      refusal: (peer, cid) =>
        find(cid)?.members.superSeeding === true ? undefined : choking.refusal(peer, cid),
      onUploaded: (peer, { share, piece, count, bytes: n }) => {
        choking.sent(peer, share, n, piece)
        const driver = find(share)
        driver?.onUploaded(n)
        controls.stops.note(share)
        if (piece !== undefined) driver?.members.onSent(peer, { start: pieceIndex(piece), count }, n)
      },
      onFlood: (peer) => void trust.strike(peer, 'request-flood'),
      pace: (link, share) => limits.up.pace(flowOf(link, share), link)
    },
    parts
  )
}

/** What limits count the bytes of a link for. @param share - CID; undefined when they are of no certain share */
export function flowOf({ name, link }: LinkPeer, share: string | undefined): Flow {
  return { peer: name, share, lan: link.lan }
}
