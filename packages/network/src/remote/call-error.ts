import { printable, ShareError } from '@p2pshare/base'
import { type DialFailureKind, kindOf } from '../dialing/dial-failure.ts'
import { reasonOf } from '../errors.ts'

/** Why a daemon on another machine could not be called, as an error of ours; ours pass unchanged. */
export function fromCallError(error: unknown, addresses: readonly string[]): ShareError {
  if (error instanceof ShareError) return error
  const name = error instanceof Error ? error.name : ''
  const place = printable(addresses[0] ?? '', 200)
  if (name === 'UnsupportedProtocolError') return noRemoteControl(place, error)
  if (name === 'DialDeniedError') return denied(place, error)
  const kind = kindOf(error)
  if (kind === 'wrong-peer') return wrongDaemon(place, error)
  return new ShareError({
    code: 'network.daemon-unreachable',
    fault: 'daemon',
    message: `the daemon at ${place} cannot be reached: ${reason(error, kind, name)}`,
    hint: 'Check that it runs, its address and port (p2pshare id shows them there), and the network.',
    detail: { failure: kind },
    cause: error
  })
}

function reason(error: unknown, kind: DialFailureKind, name: string): string {
  if (kind === 'timed-out' || name === 'AbortError' || name === 'TimeoutError') return 'nobody answers there'
  const all = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  if (all.some((one) => one instanceof Error && one.name === 'EncryptionFailedError'))
    return 'what answers there is of another network, or no p2pshare'
  return reasonOf(error)
}

function wrongDaemon(place: string, cause: unknown): ShareError {
  return new ShareError({
    code: 'network.wrong-daemon',
    fault: 'daemon',
    message: `somebody else than the daemon that was named answers at ${place}`,
    hint: 'Its peer id or its address has changed, or another program took the port: see p2pshare id there.',
    cause
  })
}

function denied(place: string, cause: unknown): ShareError {
  return new ShareError({
    code: 'network.dial-denied',
    fault: 'user',
    message: `${place} lies outside of what this machine's settings allow.`,
    hint: 'Network "local" reaches only this machine and its LAN; see the options "network" and "bind".',
    cause
  })
}

function noRemoteControl(place: string, cause: unknown): ShareError {
  return new ShareError({
    code: 'network.no-remote-control',
    fault: 'daemon',
    message: `the node at ${place} takes no commands from other machines`,
    hint: 'It is an older p2pshare, or another program: upgrade it there.',
    cause
  })
}
