import { Socket } from 'node:net'
import type { MessageStream, MultiaddrConnection } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'

/** A TCP connection of libp2p as it is at run time; these members are private to the types only. */
interface OpenConnection extends MultiaddrConnection {
  socket?: unknown
  readBuffer?: { byteLength: number; slice(): Uint8Array; consume(bytes: number): void }
  sendClose?: (options?: { signal?: AbortSignal }) => Promise<void>
}

/** The socket of a connection that is read by somebody else from now on. */
export interface TakenSocket {
  socket: Socket
  /** Still says where it goes and whether it is open, counts its idle time, and resets it. */
  connection: MultiaddrConnection
  /** Names what ends the connection in order, instead of its own way, which would cut off what TLS holds. */
  closeBy(close: (options?: { signal?: AbortSignal }) => Promise<void>): void
}

/**
 * Takes the socket out of a TCP connection of libp2p: nothing that comes is given to the connection any more, and
 * what protocol negotiation had read too far lies in the socket again.
 *
 * @throws ShareError `network.tls-changed` when it is no TCP connection, or its insides are not the known ones;
 * `network.closed-early` when the peer is gone
 */
export function takeSocket(stream: MessageStream): TakenSocket {
  const connection = stream as OpenConnection
  const { socket, readBuffer } = connection
  const known = typeof readBuffer?.consume === 'function' && typeof connection.sendClose === 'function'
  if (!(socket instanceof Socket) || !known) throw tlsChanged()
  if (socket.destroyed || socket.readableEnded) throw closedEarly()
  socket.removeAllListeners('data')
  socket.pause()
  if (readBuffer.byteLength > 0) {
    const unread = readBuffer.slice()
    readBuffer.consume(unread.byteLength)
    socket.unshift(unread)
  }
  return {
    socket,
    connection,
    closeBy(close) {
      connection.sendClose = close
    }
  }
}

/** The other side went away before it said who it is. */
export function closedEarly(): ShareError {
  return new ShareError({
    code: 'network.closed-early',
    fault: 'network',
    message: 'the peer closed the connection during the handshake',
    hint: 'Nothing to do here: it is tried again when it is needed.'
  })
}

function tlsChanged(): ShareError {
  return new ShareError({
    code: 'network.tls-changed',
    fault: 'bug',
    message: 'this version of @libp2p/tcp has no socket that TLS can be laid on',
    hint: 'Install the version that package-lock.json names, or leave out the option "encryption".'
  })
}
