import type { Bytes } from '@p2pshare/base'
import { formatShareLink, parseShareRef } from '@p2pshare/content'
import type { ShareRecord } from '@p2pshare/ports'
import type { Session } from '@p2pshare/session'

/** The link of a share; that of a private one has its key, and no name. */
export function shareLink(session: Session, share: ShareRecord): string {
  const { root } = parseShareRef(share.cid)
  const key = session.keyOf(share.cid)
  return formatShareLink({
    root,
    peers: [],
    ...(key === undefined ? { name: share.name } : { key }),
    ...(share.indexed ? { size: share.size as Bytes } : {})
  })
}
