import { constants } from 'node:crypto'
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type { PeerId } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import { reasonOf } from '../errors.ts'
import type { OwnCertificate } from './certificate.ts'
import { closedEarly, type TakenSocket } from './taken-socket.ts'
import { badCertificate, verifyCertificate } from './verify-certificate.ts'

/** Offered by everybody: the muxer is then chosen after the handshake (libp2p specification, "Inlined muxers"). */
const NO_MUXER = 'libp2p'

/** Fastest first where the processor has AES instructions; the quickest without them second. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384'

/** What one handshake is about. */
export interface HandshakeInit {
  role: 'server' | 'client'
  context: SecureContext
  /** Protocol ids of muxers that may be agreed on by the way. */
  muxers: readonly string[]
  /** The peer that was dialled, if it is known. */
  expected: PeerId | undefined
  signal: AbortSignal | undefined
}

/** A handshake that ended well: nothing has been read since. */
export interface SecureSocket {
  socket: TLSSocket
  peer: PeerId
  /** The muxer that was agreed on. */
  muxer: string | undefined
}

/** What all connections of a node share: its certificate, TLS 1.3 and nothing else, no sessions to resume. */
export function tlsContext({ cert, key }: OwnCertificate): SecureContext {
  return createSecureContext({
    cert,
    key,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    secureOptions:
      constants.SSL_OP_NO_TICKET |
      constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
      constants.SSL_OP_PRIORITIZE_CHACHA
  })
}

/**
 * Does a TLS handshake on a socket: Node's TLS lies on the socket itself, not on a stream in between.
 *
 * @throws ShareError `network.tls-failed`, `network.closed-early`, `network.bad-certificate`, `network.other-peer`;
 * the socket is destroyed then
 */
export async function tlsHandshake({ socket: raw }: TakenSocket, init: HandshakeInit): Promise<SecureSocket> {
  const socket = tlsSocket(raw, init)
  try {
    await secured(socket, init.signal)
    const peer = await verifyCertificate(onlyCertificate(socket), init.expected, Date.now())
    init.signal?.throwIfAborted()
    const { alpnProtocol } = socket
    const muxer = typeof alpnProtocol === 'string' && alpnProtocol !== NO_MUXER ? alpnProtocol : undefined
    return { socket, peer, muxer }
  } catch (error) {
    // After this nobody listens for errors any more, and none must be uncaught.
    socket.on('error', () => {})
    socket.destroy()
    throw error
  }
}

function tlsSocket(raw: TakenSocket['socket'], { role, context, muxers }: HandshakeInit): TLSSocket {
  // Certificates are self-signed: who the peer is, verifyCertificate says.
  const common = { secureContext: context, rejectUnauthorized: false }
  const offered = [...muxers, NO_MUXER]
  if (role === 'client') return connect({ ...common, socket: raw, ALPNProtocols: offered })
  return new TLSSocket(raw, {
    ...common,
    isServer: true,
    requestCert: true,
    ALPNCallback: ({ protocols }) => protocols.find((protocol) => offered.includes(protocol))
  })
}

/** Resolves when the handshake is over. */
async function secured(socket: TLSSocket, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onError = (error: unknown): void => reject(tlsFailed(error))
  const onClose = (): void => reject(closedEarly())
  const onAbort = (): void => reject(signal?.reason as Error)
  socket.once('secure', resolve)
  socket.on('error', onError)
  socket.once('close', onClose)
  signal?.addEventListener('abort', onAbort)
  try {
    await promise
  } finally {
    socket.off('secure', resolve)
    socket.off('close', onClose)
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * The one certificate that was sent. Of a chain Node shows only certificates that could have issued the first one;
 * others change nothing, since the first is what the handshake proved and what is looked at.
 * @throws ShareError `network.bad-certificate` when there is none, or there are several
 */
function onlyCertificate(socket: TLSSocket): Uint8Array {
  const first = socket.getPeerX509Certificate()
  if (first === undefined) throw badCertificate('it sent none')
  const issuer = first.issuerCertificate
  if (issuer !== undefined && issuer.fingerprint256 !== first.fingerprint256)
    throw badCertificate('it came with others')
  return first.raw
}

function tlsFailed(error: unknown): ShareError {
  return new ShareError({
    code: 'network.tls-failed',
    fault: 'peer',
    message: `the TLS handshake failed: ${reasonOf(error)}`,
    hint: 'Nothing to do here: the connection was closed.',
    cause: error
  })
}
