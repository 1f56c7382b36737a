import { preSharedKey } from '@libp2p/pnet'
import { formatNetworkKey, ShareError } from '@p2pshare/base'
import type { Libp2pOptions } from 'libp2p'

/**
 * Enciphers everything on the wire with the key of a private network, where that is wanted.
 * @throws ShareError `network.pnet-without-key`
 */
export function protector(
  memberKey: Uint8Array | undefined,
  pnet: boolean
): Pick<Libp2pOptions, 'connectionProtector'> {
  if (!pnet) return {}
  if (memberKey !== undefined)
    return { connectionProtector: preSharedKey({ psk: Buffer.from(formatNetworkKey(memberKey).trimEnd()) }) }
  throw new ShareError({
    code: 'network.pnet-without-key',
    fault: 'user',
    message: 'Option "pnet" is for private networks: it takes the key that all members have.',
    hint: 'Leave it out, or give a key file as "network"; see `p2pshare network create`.'
  })
}
