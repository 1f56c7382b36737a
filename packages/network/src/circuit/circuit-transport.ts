import {
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type PeerId,
  type Startable,
  type Stream,
  type Transport,
  transportSymbol
} from '@libp2p/interface'
import { peerIdFromMultihash, peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Clock, ShareError } from '@p2pshare/base'
import { decode } from 'multiformats/hashes/digest'
import { CIRCUIT, CONNECTIONS } from '../limits/index.ts'
import { isRelayed, relayOf } from '../node/address-scope.ts'
import type { NodeComponents } from '../node/node-components.ts'
import { circuitConnection } from './circuit-connection.ts'
import { CircuitLimit } from './circuit-limit.ts'
import { CircuitListener } from './circuit-listener.ts'
import { HOP, HOP_PROTOCOL, STATUS, STOP, STOP_PROTOCOL } from './circuit-protocol.ts'
import { decodeHop, decodeStop, encodeHop, encodeStopStatus } from './circuit-message.ts'
import { noiseOnly } from './noise-only.ts'

/**
 * Circuit relay v2 as seen by its clients: dials peers over relays, and takes connections that come over the relays
 * at which we have a place, and no others. The stock transport asks for a place at whoever opens a stream to it, and
 * tells whatever addresses a relay names (ADR 0043).
 */
export class CircuitTransport implements Transport, Startable {
  readonly [transportSymbol] = true as const
  readonly [Symbol.toStringTag] = 'p2pshare-circuit-relay'
  readonly listener: CircuitListener
  readonly #components: NodeComponents
  readonly #clock: Clock
  #stopping = new AbortController()
  #opening = 0

  constructor(components: NodeComponents, clock: Clock) {
    this.#components = components
    this.#clock = clock
    this.listener = new CircuitListener(components)
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    await this.#components.registrar.handle(STOP_PROTOCOL, this.#onStop, {
      maxInboundStreams: CONNECTIONS.max,
      maxOutboundStreams: 1,
      runOnLimitedConnection: false
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#components.registrar.unhandle(STOP_PROTOCOL)
  }

  createListener(_options: CreateListenerOptions): Listener {
    return this.listener
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => address.toString() === '/p2p-circuit')
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => wayOf(address) !== undefined)
  }

  /** @throws ShareError `network.relay-refused`, `network.bad-address`, or what libp2p throws */
  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const way = wayOf(address)
    if (way === undefined) throw badWay(address)
    const relay = await this.#relayConnection(way.relay, options.signal)
    let stream: Stream | undefined
    try {
      const { signal } = options
      stream = await relay.newStream(HOP_PROTOCOL, { signal, maxOutboundStreams: CONNECTIONS.max })
      const frames = lpStream(stream, { maxDataLength: CIRCUIT.maxMessage })
      const peer = way.peer.toMultihash().bytes
      await frames.write(encodeHop({ type: HOP.connect, peer }), { signal })
      const answer = decodeHop((await frames.read({ signal })).subarray())
      if (answer?.type !== HOP.status || answer.status !== STATUS.ok) throw refused(answer?.status)
      const limit = new CircuitLimit(answer.limit, this.#clock)
      const log = stream.log.newScope('circuit')
      frames.unwrap()
      const connection = circuitConnection({ stream, remoteAddr: address, limit, log })
      return await noiseOnly(options.upgrader).upgradeOutbound(connection, {
        signal,
        ...(limit.limits === undefined ? {} : { limits: limit.limits })
      })
    } catch (error) {
      stream?.abort(error as Error)
      throw error
    }
  }

  async #relayConnection(relay: Multiaddr, signal: AbortSignal): Promise<Connection> {
    const { connectionManager } = this.#components
    const id = relay.getComponents().findLast(({ name }) => name === 'p2p')?.value ?? ''
    const usable = ({ limits, remoteAddr }: Connection): boolean =>
      limits === undefined && !isRelayed(remoteAddr)
    const present = connectionManager.getConnections(peerIdFromString(id)).find(usable)
    if (present !== undefined) return present
    return connectionManager.openConnection(relay, { signal })
  }

  readonly #onStop = async (stream: Stream, relay: Connection): Promise<void> => {
    const signal = this.#components.upgrader.createInboundAbortSignal(this.#stopping.signal)
    this.#opening++
    try {
      await this.#accept(stream, relay, signal)
    } catch (error) {
      stream.abort(error as Error)
    } finally {
      this.#opening--
      signal.clear()
    }
  }

  async #accept(stream: Stream, relay: Connection, signal: AbortSignal): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: CIRCUIT.maxMessage })
    const answer = (status: number): Promise<void> => frames.write(encodeStopStatus(status), { signal })
    const request = decodeStop((await frames.read({ signal })).subarray())
    const peer = peerIn(request?.peer)
    const status =
      request?.type !== STOP.connect
        ? STATUS.unexpectedMessage
        : peer === undefined
          ? STATUS.malformedMessage
          : await this.#admission(relay, peer)
    await answer(status)
    if (status !== STATUS.ok || peer === undefined) return stream.close({ signal })
    const limit = new CircuitLimit(request?.limit, this.#clock)
    const remoteAddr = relay.remoteAddr.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)
    const log = stream.log.newScope('circuit')
    frames.unwrap()
    const connection = circuitConnection({ stream, remoteAddr, limit, log })
    await noiseOnly(this.#components.upgrader).upgradeInbound(connection, {
      signal,
      ...(limit.limits === undefined ? {} : { limits: limit.limits })
    })
  }

  async #admission(relay: Connection, peer: PeerId): Promise<number> {
    if (!this.listener.hasPlaceAt(relay.remotePeer.toString())) return STATUS.permissionDenied
    if (this.#opening > CIRCUIT.maxOpening) return STATUS.resourceLimitExceeded
    const { connectionGater } = this.#components
    const denied = await connectionGater.denyInboundRelayedConnection?.(relay.remotePeer, peer)
    return denied === true ? STATUS.permissionDenied : STATUS.ok
  }
}

/** The relay and the peer behind it; undefined unless the address names both, with one relay between. */
function wayOf(address: Multiaddr): { relay: Multiaddr; peer: PeerId } | undefined {
  const relay = relayOf(address)
  if (relay === undefined || isRelayed(relay)) return undefined
  const peer = address.getComponents().at(-1)
  if (peer?.name !== 'p2p' || peer.value === undefined) return undefined
  if (relay.getComponents().at(-1)?.name !== 'p2p') return undefined
  return { relay, peer: peerIdFromString(peer.value) }
}

function peerIn(id: Uint8Array | undefined): PeerId | undefined {
  try {
    return id === undefined ? undefined : peerIdFromMultihash(decode(id))
  } catch {
    // A relay's word that names nobody.
    return undefined
  }
}

function badWay(address: Multiaddr): ShareError {
  return new ShareError({
    code: 'network.bad-address',
    fault: 'peer',
    message: `${address.toString()} does not name a relay and the peer behind it.`,
    hint: 'Write it as /ip4/…/tcp/…/p2p/<relay>/p2p-circuit/p2p/<peer>.'
  })
}

function refused(status: number | undefined): ShareError {
  const words: Readonly<Record<number, string>> = {
    [STATUS.resourceLimitExceeded]: 'it has reached a limit',
    [STATUS.permissionDenied]: 'it does not relay for us',
    [STATUS.connectionFailed]: 'it cannot reach the peer',
    [STATUS.noReservation]: 'the peer has no place there any more'
  }
  return new ShareError({
    code: 'network.relay-refused',
    fault: 'peer',
    message: `The relay did not connect us: ${words[status ?? 0] ?? `status ${status ?? 'missing'}`}.`,
    hint: 'Nothing to do: it is tried again later, and over other relays.'
  })
}
