import { ShareError } from '@p2pshare/base'

/** Why we ended a connection, for who still used it. */
export function connectionEnded(why: string): ShareError {
  return new ShareError({
    code: 'network.connection-ended',
    fault: 'network',
    message: `the connection was ended: ${why}`,
    hint: 'Nothing to do: it is made again when it is needed.'
  })
}
