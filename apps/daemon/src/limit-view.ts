import type { ByteRate } from '@p2pshare/base'
import type { LimitRequest, Limits } from '@p2pshare/control'
import type { Session } from '@p2pshare/session'

/** Sets the limits that a request names and answers what is set then. @throws ShareError `session.unknown-share` */
export function changeLimits(session: Session, request: LimitRequest): Limits {
  const { limits } = session
  const { ref, includeLan } = request
  const change = {
    up: request.up as ByteRate | null | undefined,
    down: request.down as ByteRate | null | undefined
  }
  if (ref === undefined) {
    limits.change({ ...change, includeLan })
    const { up, down } = limits.node
    return { up, down, includeLan: limits.node.includeLan }
  }
  const { cid } = session.share(ref)
  limits.changeOf('share', cid, { ...change, includeLan })
  const { up, down, includeLan: own } = limits.of('share', cid)
  return { up, down, includeLan: own || limits.node.includeLan }
}
