import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { connect, TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { Libp2p } from '@libp2p/interface'
import type { OwnCertificate } from '../../src/tls/certificate.ts'

/** A message of multistream-select: length, text, line feed. */
const said = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length + 1)}${text}\n`)

const CHOOSE_TLS = Buffer.concat([said('/multistream/1.0.0'), said('/tls/1.0.0')])

/** A TLS 1.3 side that checks nothing, and shows what it is told to show. */
export function looseTls(own: Partial<OwnCertificate> & TLSSocketOptions = {}): TLSSocketOptions {
  return { minVersion: 'TLSv1.3', rejectUnauthorized: false, requestCert: true, ...own }
}

/** Where a node listens. */
export function portOf(node: Libp2p): number {
  return Number(node.getMultiaddrs()[0]?.toString().split('/')[4])
}

/**
 * Dials a node by hand and agrees on TLS.
 * @param behind - sent in one piece with the choice, before the node has answered
 */
export async function dialForTls(port: number, behind: Uint8Array = new Uint8Array(0)): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(Buffer.concat([CHOOSE_TLS, behind]))
  await read(socket, CHOOSE_TLS.byteLength)
  return socket
}

/** The client's side of a handshake with a node, by hand. */
export function tlsClient(socket: Socket, options: TLSSocketOptions): TLSSocket {
  const secure = connect({ ALPNProtocols: ['libp2p'], ...options, socket })
  secure.on('error', () => {})
  return secure
}

/** A server on loopback that agrees on TLS, and then does as told. */
export async function tlsServer(serve: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    void read(socket, CHOOSE_TLS.byteLength).then(() => {
      socket.write(CHOOSE_TLS)
      serve(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as { port: number }).port }
}

/** The server's side of a handshake with a node, by hand. */
export function serveTls(socket: Socket, options: TLSSocketOptions): TLSSocket {
  const secure = new TLSSocket(socket, { ALPNProtocols: ['libp2p'], ...options, isServer: true })
  secure.on('error', () => {})
  return secure
}

/** Reads exactly so many bytes; what follows stays in the socket. */
async function read(socket: Socket, count: number): Promise<void> {
  while (!socket.destroyed) {
    if (socket.read(count) !== null) return
    await new Promise<void>((resolve) => {
      socket.once('readable', resolve)
      socket.once('close', resolve)
    })
  }
}

/** Resolves when a socket is closed, by whomever. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}
