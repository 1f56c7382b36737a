import { printable, ShareError } from '@p2pshare/base'

/** Names of libp2p errors that mean that somebody stopped waiting. */
const ABORTED = new Set(['AbortError', 'QueryAbortedError'])
/** Names of errors that mean that we ourselves refused. */
const DENIED = new Set(['DialDeniedError', 'ConnectionInterceptedError', 'ConnectionDeniedError'])

/**
 * Turns what libp2p throws from a dial into our error. libp2p's errors are told apart by `name`,
 * as several copies of their classes may be loaded.
 *
 * @param target - peer or address that was dialled, for the message
 * @param aborted - whether the caller's own signal has fired
 */
export function fromDialError(error: unknown, target: string, aborted: boolean): ShareError {
  if (error instanceof ShareError) return error
  const name = error instanceof Error ? error.name : ''
  const shown = printable(target)
  if (aborted || ABORTED.has(name)) {
    return new ShareError({
      code: 'network.aborted',
      fault: 'user',
      message: `Connecting to ${shown} was called off.`,
      cause: error
    })
  }
  if (DENIED.has(name)) {
    return new ShareError({
      code: 'network.dial-denied',
      fault: 'user',
      message: `Connecting to ${shown} is not allowed: the peer is banned, or its addresses lie outside this network.`,
      hint: 'Network "local" reaches only this machine and its LAN; see the option "network".',
      cause: error
    })
  }
  return new ShareError({
    code: 'network.dial-failed',
    fault: 'network',
    message: `Connecting to ${shown} failed: ${reasonOf(error)}.`,
    hint: 'Check that the other side runs, and that its address and port can be reached from here.',
    cause: error
  })
}

/** Turns what a failed start of the node threw into our error, naming the address that is to blame. */
export function fromStartError(error: unknown, listen: readonly string[]): ShareError {
  if (error instanceof ShareError) return error
  const text = textsOf(error).join('\n')
  const inUse = /EADDRINUSE/.test(text)
  const port = /address already in use (\S+)/.exec(text)?.[1]
  const addresses = listen.join(', ')
  if (inUse) {
    return new ShareError({
      code: 'network.port-in-use',
      fault: 'user',
      message: `Another program already listens on ${printable(port ?? addresses)} (configured: ${printable(addresses)}).`,
      hint: 'Choose another port with the option "listen", or 0 to let the system choose.',
      cause: error
    })
  }
  return new ShareError({
    code: 'network.cannot-listen',
    fault: 'user',
    message: `The node cannot listen on ${printable(addresses)}: ${reasonOf(error)}.`,
    hint: 'Check the option "listen": each entry is a multiaddr of this machine, such as /ip4/0.0.0.0/tcp/4001.',
    cause: error
  })
}

/** The most telling line of an error from outside, escaped and short. */
export function reasonOf(error: unknown): string {
  const text = textsOf(error).at(-1) ?? 'unknown reason'
  return printable(text.split('\n')[0] ?? text, 160)
}

/** Messages of an error and of what it was made of, the root cause last; at most 16. */
function textsOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return typeof error === 'string' ? [error] : []
  const inner =
    error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause]
  const own = error.message === '' ? error.name : error.message
  return [own, ...inner.flatMap((each: unknown) => textsOf(each, depth + 1))].slice(0, 16)
}
