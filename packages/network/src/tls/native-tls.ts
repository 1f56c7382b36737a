import type { SecureContext } from 'node:tls'
import type {
  ConnectionEncrypter,
  MessageStream,
  PrivateKey,
  SecureConnectionOptions,
  SecuredConnection,
  StreamMuxerFactory
} from '@libp2p/interface'
import { createCertificate } from './certificate.ts'
import { takeSocket } from './taken-socket.ts'
import { TlsConnection } from './tls-connection.ts'
import { type HandshakeInit, tlsContext, tlsHandshake } from './tls-handshake.ts'

/** The parts of a libp2p node that TLS needs. */
export interface TlsComponents {
  privateKey: PrivateKey
  upgrader: { getStreamMuxers(): Map<string, StreamMuxerFactory> }
}

/**
 * libp2p's TLS 1.3 (https://github.com/libp2p/specs/blob/master/tls/tls.md), the same on the wire as @libp2p/tls,
 * with Node's TLS on the TCP socket itself: bytes are encrypted and written in native code, without a stream of
 * JavaScript between socket and TLS. For connections of the TCP transport only.
 *
 * One certificate serves all connections of a node.
 */
export function nativeTls(): (components: TlsComponents) => ConnectionEncrypter {
  return (components) => {
    let context: Promise<SecureContext> | undefined
    const secure =
      (role: HandshakeInit['role']) =>
      async (stream: MessageStream, options: SecureConnectionOptions = {}): Promise<SecuredConnection> => {
        context ??= createCertificate(components.privateKey).then(tlsContext)
        const muxers = components.upgrader.getStreamMuxers()
        const ready = await context
        const taken = takeSocket(stream)
        const { socket, peer, muxer } = await tlsHandshake(taken, {
          role,
          context: ready,
          muxers: options.skipStreamMuxerNegotiation === true ? [] : [...muxers.keys()],
          expected: options.remotePeer,
          signal: options.signal
        })
        const streamMuxer = muxer === undefined ? undefined : muxers.get(muxer)
        return {
          connection: new TlsConnection(socket, taken),
          remotePeer: peer,
          ...(streamMuxer === undefined ? {} : { streamMuxer })
        }
      }
    return { protocol: '/tls/1.0.0', secureInbound: secure('server'), secureOutbound: secure('client') }
  }
}
