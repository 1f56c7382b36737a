import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '@p2pshare/base'
import { PUNCH } from '../limits/index.ts'
import { reasonOf } from '../errors.ts'
import { punchFailed } from './punch-exchange.ts'

/** Dials one address while its owner dials us. */
export type DialOnce = (address: Multiaddr, signal: AbortSignal) => Promise<Connection>

/**
 * Dials all addresses at the same time until one connects or `signal` fires. A dial that is refused at once is made
 * again: some routers answer what comes before their own side has dialled, instead of dropping it.
 * @throws ShareError `network.punch-failed`
 */
export async function punchDial(
  addresses: readonly Multiaddr[],
  dial: DialOnce,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal
): Promise<Connection> {
  const done = new AbortController()
  const end = (): void => done.abort()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    const won = await Promise.any(addresses.map((address) => repeat(address, dial, clock, done.signal)))
    return won
  } catch (error) {
    const last = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : error
    throw punchFailed(signal.aborted ? 'neither side got through in time' : reasonOf(last))
  } finally {
    signal.removeEventListener('abort', end)
    done.abort()
  }
}

async function repeat(
  address: Multiaddr,
  dial: DialOnce,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal
): Promise<Connection> {
  for (;;) {
    signal.throwIfAborted()
    const own = new AbortController()
    const end = (): void => own.abort()
    signal.addEventListener('abort', end, { once: true })
    try {
      return await dial(address, own.signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!isRefusal(error)) throw error
      await new Promise<void>((resolve) => clock.after(PUNCH.dialPause, resolve))
    } finally {
      // Node ends a socket, connected or not, when the signal of its dial fires: that of the winner must not.
      signal.removeEventListener('abort', end)
    }
  }
}

/** Errors of connecting; those of a handshake, such as another peer's id, are final. */
function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EADDRNOTAVAIL'
}
