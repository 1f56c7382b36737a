import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, type Millis, millis, SECOND, ShareError } from '@p2pshare/base'
import { hostOf, isRelayed } from '../node/address-scope.ts'
import { CIRCUIT, CONNECTIONS } from '../limits/index.ts'
import { reachOf } from '../node/record-addresses.ts'
import { HOP, HOP_PROTOCOL, STATUS } from './circuit-protocol.ts'
import { decodeHop, encodeHop, type HopMessage } from './circuit-message.ts'

/** A place that a relay keeps for us. */
export interface Place {
  /** Under which others reach us, ending in `/p2p-circuit`. */
  addresses: Multiaddr[]
  /** How long it lasts, from now. */
  lasts: Millis
}

/**
 * Asks a relay to keep a place for us.
 * @throws ShareError `network.relay-refused`, `network.bad-relay`, or what the stream throws
 */
export async function reserve(
  connection: Connection,
  clock: Pick<Clock, 'wallTime'>,
  signal: AbortSignal
): Promise<Place> {
  let stream: Stream | undefined
  try {
    stream = await connection.newStream(HOP_PROTOCOL, {
      signal,
      maxOutboundStreams: CONNECTIONS.max
    })
    const frames = lpStream(stream, { maxDataLength: CIRCUIT.maxMessage })
    await frames.write(encodeHop({ type: HOP.reserve }), { signal })
    const answer = decodeHop((await frames.read({ signal })).subarray())
    await stream.close({ signal })
    return placeIn(answer, connection.remoteAddr, clock.wallTime())
  } catch (error) {
    stream?.abort(error as Error)
    throw error
  }
}

/**
 * Reads what a relay answered; nothing of it is believed further than needed.
 * @param way - the address under which we reached the relay, with its peer id
 * @param now - wall time, ms
 * @throws ShareError `network.relay-refused`, `network.bad-relay`
 */
export function placeIn(answer: HopMessage | undefined, way: Multiaddr, now: number): Place {
  if (answer?.type !== HOP.status) throw badRelay('something else than an answer')
  if (answer.status !== STATUS.ok) throw refused(answer.status)
  if (answer.reservation === undefined) throw badRelay('no place')
  const addresses = placeAddresses(answer.reservation.addresses, way)
  if (addresses.length === 0) throw badRelay('no address under which it can be reached')
  return { addresses, lasts: lasting(answer.reservation.expire * SECOND - now) }
}

/**
 * The way that we came is proven. Of the relay's own words only one address of the other version of IP counts, so
 * that it cannot send those who look for us anywhere else it likes, or make us tell a long list.
 */
function placeAddresses(told: readonly Uint8Array[], way: Multiaddr): Multiaddr[] {
  const peer = way.getComponents().findLast(({ name }) => name === 'p2p')?.value
  if (peer === undefined) return []
  const known = told.flatMap((bytes) => {
    try {
      const address = multiaddr(bytes)
      const named = address.getComponents().at(-1)
      if (isRelayed(address) || (named?.name === 'p2p' && named.value !== peer)) return []
      return [named?.name === 'p2p' ? address : address.encapsulate(`/p2p/${peer}`)]
    } catch {
      // A malformed address is the relay's loss.
      return []
    }
  })
  const versions = new Map<string, Multiaddr>()
  for (const address of [way, ...known]) {
    const version = hostOf(address)?.includes(':') === true ? '6' : '4'
    if (reachOf(address) === 'public' && !versions.has(version)) versions.set(version, address)
  }
  return [...versions.values()].map((address) => address.encapsulate('/p2p-circuit'))
}

/** A clock that is wrong by a year, theirs or ours, must neither end a place at once nor keep it for ever. */
function lasting(told: number): Millis {
  return millis(Math.min(Math.max(told, CIRCUIT.minPlace), CIRCUIT.maxPlace))
}

function refused(status: number | undefined): ShareError {
  const words: Readonly<Record<number, string>> = {
    [STATUS.reservationRefused]: 'it is full',
    [STATUS.resourceLimitExceeded]: 'it has reached a limit',
    [STATUS.permissionDenied]: 'it does not relay for us'
  }
  return new ShareError({
    code: 'network.relay-refused',
    fault: 'peer',
    message: `The relay keeps no place for this node: ${words[status ?? 0] ?? `status ${status ?? 'missing'}`}.`,
    hint: 'Nothing to do: another relay is asked.'
  })
}

function badRelay(what: string): ShareError {
  return new ShareError({
    code: 'network.bad-relay',
    fault: 'peer',
    message: `The relay sent ${what}.`,
    hint: 'Nothing to do: another relay is asked.'
  })
}
