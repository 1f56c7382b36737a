import type { Connection, MultiaddrConnection } from '@libp2p/interface'

/** How a TCP connection fares, as the system's handle of it tells: the same below TLS; reading it costs nothing. */
export interface SocketSight {
  /** Bytes that came since it was opened. */
  read: number
  /** Bytes that the kernel has taken. */
  handedOver: number
  /** Whether more wait because the kernel takes no more. */
  backlog: boolean
  localAddress: string | undefined
}

/** Node's socket as it is at run time. */
interface OpenSocket {
  localAddress?: string
  _handle?: { bytesRead?: number; bytesWritten?: number; writeQueueSize?: number } | null
}

/** libp2p's classes as they are at run time; these members are private to the types only. */
interface OpenConnection {
  maConn?: { socket?: OpenSocket }
  muxer?: { ping?(): Promise<number> }
}

/** The socket below a connection; undefined for one that runs over another (a relay) or is of another transport. */
export function socketOf(connection: Connection): SocketSight | undefined {
  return socketBelow((connection as unknown as OpenConnection).maConn as MultiaddrConnection | undefined)
}

/** The same before the handshake is over. */
export function socketBelow(connection: MultiaddrConnection | undefined): SocketSight | undefined {
  const socket = (connection as { socket?: OpenSocket } | undefined)?.socket
  const { bytesRead, bytesWritten = 0, writeQueueSize = 0 } = socket?._handle ?? {}
  if (bytesRead === undefined) return undefined
  return {
    read: bytesRead,
    handedOver: bytesWritten - writeQueueSize,
    backlog: writeQueueSize > 0,
    localAddress: socket?.localAddress
  }
}

/**
 * Asks the other side for a sign of life by yamux's own ping: one frame of 12 bytes, which every yamux answers.
 * It is never called off: the answer to a ping that nobody waits for any more ends the connection in yamux 8.
 */
export function askForLife(connection: Connection): void {
  // It fails with the connection, which others notice.
  ;(connection as unknown as OpenConnection).muxer?.ping?.().catch(() => undefined)
}
