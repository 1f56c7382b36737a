import { type Clock, ShareError } from '@p2pshare/base'
import type { ControlService } from '@p2pshare/control'
import type { AuthorisedPeers } from './authorised-peers.ts'

/** The calls of the API about who may call from other machines. @param self - this daemon's peer id */
export function authorizeCalls(
  authorised: AuthorisedPeers,
  self: string,
  clock: Pick<Clock, 'wallTime'>
): Pick<ControlService, 'authorize' | 'unauthorize'> {
  return {
    async authorize({ peerId, role, name }) {
      if (peerId !== undefined && role !== undefined) {
        if (peerId === self) throw ownId()
        authorised.put({ peerId, role, name }, clock.wallTime())
      }
      return { authorised: authorised.all() }
    },
    async unauthorize({ peer }) {
      const { peerId, name } = authorised.remove(peer)
      return { peerId, ...(name === undefined ? {} : { name }) }
    }
  }
}

/** The likeliest mistake: ids of daemons and ids of commands look alike. */
function ownId(): ShareError {
  return new ShareError({
    code: 'daemon.own-peer-id',
    fault: 'user',
    message: 'that is the peer id of this daemon itself',
    hint: "Give the id of the other machine's command: p2pshare id --client shows it there."
  })
}
