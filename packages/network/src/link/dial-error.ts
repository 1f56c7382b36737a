import { printable, ShareError } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import { kindOf } from '../dialing/dial-failure.ts'

/** Names of libp2p's errors that mean something else than "not reached". */
const KNOWN: Readonly<Record<string, { code: string; message: string; hint: string }>> = {
  UnsupportedProtocolError: {
    code: 'network.not-a-swarm-peer',
    message: 'does not speak the swarm protocol',
    hint: 'It may be another kind of libp2p node, or another version of p2pshare.'
  },
  DialDeniedError: {
    code: 'network.banned',
    message: 'is not admitted here',
    hint: 'It is banned for some time after sending wrong data.'
  },
  LimitedConnectionError: {
    code: 'network.dial-failed',
    message: 'can only be reached over a limited relay, which carries no data',
    hint: 'Forward a port, or wait for a direct connection.'
  }
}

/**
 * Turns what libp2p throws when a peer can't be reached into an error of ours; ours pass unchanged. The detail
 * `failure` says why, where it is `network.dial-failed`.
 */
export function dialError(peer: PeerName, error: unknown): ShareError {
  if (error instanceof ShareError) return error
  const name = error instanceof Error ? error.name : ''
  const text = printable(error instanceof Error ? error.message : String(error))
  const known = KNOWN[name]
  return new ShareError({
    code: known?.code ?? 'network.dial-failed',
    fault: 'network',
    message: `peer ${peer} ${known?.message ?? `could not be reached: ${text}`}`,
    hint: known?.hint ?? 'Check that it runs and that its address is right; it is tried again later.',
    detail: { reason: name, failure: kindOf(error) },
    cause: error
  })
}
