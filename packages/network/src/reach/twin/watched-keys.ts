import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionEncrypter, MessageStream, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Side } from './self-sightings.ts'

/** Time for the last message of a handshake to arrive before libp2p cuts the connection, ms. */
const LINGER = 200

type EncrypterFactory<Components> = (components: Components) => ConnectionEncrypter

/**
 * An encrypter that tells when a handshake ended at this node's own key; libp2p then ends the connection without a
 * word to anybody.
 */
export function watchedKeys<Components>(
  make: EncrypterFactory<Components>,
  onOwnKey: (side: Side, place: string) => void
): EncrypterFactory<Components & { peerId: PeerId }> {
  return (components) => {
    const encrypter = make(components)
    const watched =
      (side: Side, secure: ConnectionEncrypter['secureInbound']): ConnectionEncrypter['secureInbound'] =>
      async (connection, options) => {
        const secured = await secure.call(encrypter, connection, options)
        if (!secured.remotePeer.equals(components.peerId)) return secured
        onOwnKey(side, placeOf(connection))
        // The one end is done before the other; cut now, the other would never know who was there.
        await sleep(LINGER)
        return secured
      }
    return {
      ...encrypter,
      protocol: encrypter.protocol,
      secureInbound: watched('inbound', encrypter.secureInbound),
      secureOutbound: watched('outbound', encrypter.secureOutbound)
    }
  }
}

function placeOf(connection: MessageStream): string {
  const { remoteAddr } = connection as { remoteAddr?: Multiaddr }
  return remoteAddr?.toString() ?? 'an unknown address'
}
