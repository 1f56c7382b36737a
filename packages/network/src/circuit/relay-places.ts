import type { Connection, IdentifyResult, Libp2p, PeerId } from '@libp2p/interface'
import { type CancelTimer, type Clock, millis, SECOND } from '@p2pshare/base'
import type { Log, PeerName, RelayCondition } from '@p2pshare/ports'
import { boundedSignal } from '../dht/signals.ts'
import { reasonOf } from '../errors.ts'
import { CIRCUIT } from '../limits/index.ts'
import { SWARM_PROTOCOL } from '../link/link-limits.ts'
import { isRelayed } from '../node/address-scope.ts'
import { reachOf } from '../node/record-addresses.ts'
import type { CircuitListener } from './circuit-listener.ts'
import { HOP_PROTOCOL } from './circuit-protocol.ts'
import { type Position, relaysToAsk, relaysWanted, renewAfter } from './relay-choice.ts'
import { reserve } from './reservation.ts'

/** What {@link RelayPlaces} is made of. */
export interface RelayPlacesInit {
  libp2p: Pick<Libp2p, 'getConnections' | 'peerStore' | 'addEventListener'>
  /** Tells the addresses. */
  listener: CircuitListener
  /** Where we stand, apart from how long. */
  position: () => Pick<Position, 'reach' | 'nat'>
  clock: Clock
  log: Log
}

/** One relay that we asked. */
interface Relay {
  peer: PeerId
  state: RelayCondition['state']
  connection: Connection
  /** Wall time, ms; undefined without a place. */
  expires: number | undefined
  /** Monotonic time, ms: of the next renewal, or when it may be asked again. */
  nextAt: number
  asking: boolean
  text: string | undefined
}

/** Keeps the connection manager from ending the connection to a relay, and makes it again when it is lost. */
const TAG = 'keep-alive-p2pshare-relay'

/** How often is looked whether anything is to do; what happens meanwhile looks at once. */
const LOOK_EVERY = millis(SECOND)

/**
 * Has a place at {@link CIRCUIT.relays} relays while nobody reaches us directly, and none otherwise. Any connected
 * peer of the internet that relays will do; members of our swarms go first. A relay that refuses, says nothing in
 * time, sends nonsense or goes away is replaced by another one.
 */
export class RelayPlaces {
  readonly #init: RelayPlacesInit
  readonly #relays = new Map<PeerName, Relay>()
  /** Connected peers that relay, and whether they are members of swarms. */
  readonly #speakers = new Map<PeerName, { member: boolean; since: number }>()
  #unreachedSince: number | undefined
  #running: AbortController | undefined
  #cancel: CancelTimer | undefined

  constructor(init: RelayPlacesInit) {
    this.#init = init
    init.libp2p.addEventListener('peer:identify', ({ detail }) => this.#noteIdentity(detail))
    init.libp2p.addEventListener('peer:disconnect', ({ detail }) => this.#speakers.delete(detail.toString()))
    init.libp2p.addEventListener('connection:close', ({ detail }) => this.#lost(detail))
    init.libp2p.addEventListener('self:peer:update', () => this.#look())
  }

  start(): void {
    this.#running = new AbortController()
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#running?.abort()
    this.#running = undefined
  }

  /** All relays that were asked, those with a place first. */
  condition(): RelayCondition[] {
    return [...this.#relays.values()]
      .map(({ peer, state, expires, text }) => ({ relay: peer.toString(), state, expires, text }))
      .toSorted((a, b) => Number(b.state === 'reserved') - Number(a.state === 'reserved'))
  }

  #noteIdentity({ peerId, protocols }: IdentifyResult): void {
    const peer = peerId.toString()
    if (!protocols.includes(HOP_PROTOCOL)) return void this.#speakers.delete(peer)
    const since = this.#speakers.get(peer)?.since ?? this.#init.clock.now()
    this.#speakers.set(peer, { member: protocols.includes(SWARM_PROTOCOL), since })
    this.#look()
  }

  #arm(): void {
    this.#cancel = this.#init.clock.after(LOOK_EVERY, () => {
      this.#look()
      this.#arm()
    })
  }

  #look(): void {
    if (this.#running === undefined) return
    const now = this.#init.clock.now()
    const wanted = relaysWanted({ ...this.#init.position(), unreachedFor: this.#unreachedFor(now) })
    const held = [...this.#relays.values()].filter(({ state, asking }) => state === 'reserved' || asking)
    for (const relay of held.slice(wanted)) this.#letGo(relay)
    for (const relay of held.slice(0, wanted)) if (now >= relay.nextAt) void this.#ask(relay)
    const isOut = (peer: PeerName): boolean => {
      const known = this.#relays.get(peer)
      return known !== undefined && (held.includes(known) || now < known.nextAt)
    }
    const usable = this.#usable()
    const candidates = [...this.#speakers].flatMap(([peer, each]) =>
      usable.has(peer) ? [{ peer, ...each }] : []
    )
    for (const peer of relaysToAsk(candidates, wanted - held.length, isOut))
      void this.#ask(this.#begin(peer, usable.get(peer) as Connection))
  }

  #unreachedFor(now: number): number | undefined {
    const { reach } = this.#init.position()
    const connected = this.#init.libp2p
      .getConnections()
      .some(({ remoteAddr }) => !isRelayed(remoteAddr) && reachOf(remoteAddr) === 'public')
    if (reach === 'direct' || !connected) this.#unreachedSince = undefined
    else this.#unreachedSince ??= now
    return this.#unreachedSince === undefined ? undefined : now - this.#unreachedSince
  }

  /** Connections that we opened: of one that came in we do not know where its other end listens. */
  #usable(): Map<PeerName, Connection> {
    const open = this.#init.libp2p
      .getConnections()
      .filter(
        ({ direction, limits, status, remoteAddr }) =>
          direction === 'outbound' &&
          limits === undefined &&
          status === 'open' &&
          !isRelayed(remoteAddr) &&
          reachOf(remoteAddr) === 'public'
      )
    return new Map(open.map((connection) => [connection.remotePeer.toString(), connection]))
  }

  #begin(peer: PeerName, connection: Connection): Relay {
    const relay: Relay = {
      peer: connection.remotePeer,
      state: 'asking',
      connection,
      expires: undefined,
      nextAt: 0,
      asking: false,
      text: undefined
    }
    // A newer answer moves to the end, so the oldest is forgotten first.
    this.#relays.delete(peer)
    this.#relays.set(peer, relay)
    for (const [name, { state }] of this.#relays) {
      if (this.#relays.size <= CIRCUIT.remembered) break
      if (state !== 'reserved' && name !== peer) this.#relays.delete(name)
    }
    return relay
  }

  async #ask(relay: Relay): Promise<void> {
    const stopping = this.#running?.signal
    if (relay.asking || stopping === undefined) return
    relay.asking = true
    const { clock, log, listener } = this.#init
    const bounded = boundedSignal(stopping, CIRCUIT.reserveTimeout)
    const name = relay.peer.toString()
    try {
      const place = await reserve(relay.connection, clock, bounded.signal)
      if (this.#relays.get(name) !== relay || relay.connection.status !== 'open') return
      relay.state = 'reserved'
      relay.expires = clock.wallTime() + place.lasts
      relay.nextAt = clock.now() + renewAfter(place.lasts)
      relay.text = undefined
      listener.add(name, place.addresses)
      this.#tag(relay, true)
      log.info({ relay: name, addresses: place.addresses.map(String) }, 'a relay keeps a place for this node')
    } catch (error) {
      const text = bounded.timedOut ? 'it did not answer in time' : reasonOf(error)
      this.#end(relay, 'refused', text)
      log.debug({ relay: name, text }, 'a relay keeps no place for this node')
    } finally {
      bounded.release()
      relay.asking = false
    }
    this.#look()
  }

  /** We are reached directly now, or have more places than we need. */
  #letGo(relay: Relay): void {
    const name = relay.peer.toString()
    this.#relays.delete(name)
    this.#init.listener.remove(name)
    this.#tag(relay, false)
  }

  #lost(connection: Connection): void {
    const relay = this.#relays.get(connection.remotePeer.toString())
    if (relay?.connection !== connection || relay.state !== 'reserved') return
    this.#end(relay, 'lost', 'the connection to it has ended')
    this.#look()
  }

  #end(relay: Relay, state: 'refused' | 'lost', text: string): void {
    relay.state = state
    relay.text = text
    relay.expires = undefined
    relay.nextAt = this.#init.clock.now() + (state === 'lost' ? CIRCUIT.lostFor : CIRCUIT.refusedFor)
    this.#init.listener.remove(relay.peer.toString())
    if (state === 'refused') this.#tag(relay, false)
  }

  #tag({ peer }: Relay, kept: boolean): void {
    const tags = { [TAG]: kept ? { value: 100 } : undefined }
    this.#init.libp2p.peerStore.merge(peer, { tags }).catch((error: unknown) => {
      this.#init.log.debug({ error: reasonOf(error) }, 'a relay was not tagged')
    })
  }
}
