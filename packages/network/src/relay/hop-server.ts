import type { Connection, Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'
import { type Clock, isShareError, SECOND } from '@p2pshare/base'
import type { CircuitEnding, Log, PeerName, RelayRefusal } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { RELAY } from '../limits/index.ts'
import { hostBlock, hostOf, isLanHost, isLoopbackHost, isRelayed } from '../node/address-scope.ts'
import { Circuit } from './circuit.ts'
import { Allowance, type CircuitEnds } from './circuit-book.ts'
import { CircuitEnd, circuitEnded } from './circuit-end.ts'
import { dialableAddresses } from './reachable.ts'
import { STATUS, type Status, STOP_PROTOCOL } from '../circuit/circuit-protocol.ts'
import { decodeHopRequest, decodeStopStatus, encodeHopStatus, encodeStopConnect } from './relay-message.ts'
import type { RelayPace } from './relay-pace.ts'
import type { AdmittedCircuit, RelayRules } from './relay-rules.ts'
import { signVoucher } from './voucher.ts'

/** What {@link HopServer} stands on. */
export interface HopServerInit {
  libp2p: Pick<Libp2p, 'peerId' | 'getConnections' | 'getMultiaddrs' | 'peerStore'>
  privateKey: PrivateKey
  rules: RelayRules
  pace: RelayPace
  clock: Clock
  log: Log
  /** Whether a peer takes part in one of our shares. */
  takesPart: (peer: PeerName) => boolean
  onCarried: (bytes: number) => void
}

/** What one connection asks of us. */
interface Asker {
  allowance: Allowance
  /** Requests that are being answered. */
  open: number
}

/** How each refusal is told in the protocol. */
const ANSWERS: Record<RelayRefusal, Status> = {
  'no-place': STATUS.reservationRefused,
  'address-block': STATUS.resourceLimitExceeded,
  circuits: STATUS.resourceLimitExceeded,
  'too-often': STATUS.resourceLimitExceeded,
  budget: STATUS.resourceLimitExceeded,
  forbidden: STATUS.permissionDenied,
  'no-reservation': STATUS.noReservation,
  target: STATUS.connectionFailed,
  malformed: STATUS.malformedMessage
}

/** Tag in the peer store of peers that have a place: their connection is of use. */
const PLACE_TAG = 'p2pshare-relay-place'

/**
 * The relay's side of circuit relay v2: answers requests for places and for connections, and joins the streams. Stock's
 * joins them by buffers without bound, and gives limits in ms where the specification has seconds.
 */
export class HopServer {
  readonly #init: HopServerInit
  readonly #askers = new WeakMap<Connection, Asker>()
  /** Answers given with places, for peers that ask again at once. */
  readonly #answers = new Map<PeerName, Uint8Array>()
  readonly #circuits = new Set<{ circuit: Circuit; kind: AdmittedCircuit['kind'] }>()
  readonly refused: Partial<Record<RelayRefusal, number>> = {}
  readonly ended: Partial<Record<CircuitEnding, number>> = {}
  #relayed = 0
  #open = 0

  constructor(init: HopServerInit) {
    this.#init = init
  }

  /** Connections that were relayed since the start. */
  get relayed(): number {
    return this.#relayed
  }

  /** Takes a stream that a peer opened. */
  readonly accept = (stream: Stream, connection: Connection): void => {
    const end = new CircuitEnd(stream)
    const asker = this.#asker(connection)
    if (this.#open >= RELAY.openRequests || asker.open >= RELAY.openRequestsPerConnection) {
      this.#count('too-often')
      return end.abort('too many requests at once')
    }
    this.#open++
    asker.open++
    void this.#answer(end, connection)
      .catch((error: unknown) => {
        if (isShareError(error, 'network.bad-relay-message')) return this.#refuse(end, 'malformed')
        this.#init.log.debug({ error: reasonOf(error) }, 'a request to the relay failed')
        end.abort('the request failed')
      })
      .finally(() => {
        this.#open--
        asker.open--
      })
  }

  /** Ends circuits: all, or those for data. */
  endCircuits(why: 'budget' | 'stopped', kind?: 'data'): void {
    for (const each of [...this.#circuits])
      if (kind === undefined || each.kind === kind) each.circuit.end(why)
  }

  /** A peer is gone, and its place with it. */
  forget(peer: PeerName): void {
    this.#answers.delete(peer)
    this.#init.rules.releasePlace(peer)
  }

  forgetAll(): void {
    this.#answers.clear()
    this.#init.rules.releaseAll()
  }

  async #answer(end: CircuitEnd, connection: Connection): Promise<void> {
    const request = decodeHopRequest(await end.readMessage(this.#init.clock, RELAY.messageTimeout))
    if (!this.#mayAsk(connection)) return this.#refuse(end, 'too-often')
    if (request === 'malformed') return this.#refuse(end, 'malformed')
    if (request === 'unexpected') return this.#refuse(end, 'malformed', STATUS.unexpectedMessage)
    // No chains of relays: nobody could say who is at the other end, or where.
    if (overRelay(connection)) return this.#refuse(end, 'forbidden')
    if (request.type === 'reserve') await this.#reserve(end, connection)
    else await this.#connect(end, connection, request.peer)
  }

  #mayAsk(connection: Connection): boolean {
    const { allowance } = this.#asker(connection)
    if (allowance.take(this.#init.clock.now())) return true
    if (allowance.refused === RELAY.refusedRequests) {
      this.#init.log.warn({ peer: connection.remotePeer.toString() }, 'a flood of requests to the relay')
      connection.abort(circuitEnded('too many requests'))
    }
    return false
  }

  #asker(connection: Connection): Asker {
    const asker = this.#askers.get(connection) ?? {
      allowance: new Allowance(RELAY.requestsPerMinute),
      open: 0
    }
    this.#askers.set(connection, asker)
    return asker
  }

  async #reserve(end: CircuitEnd, connection: Connection): Promise<void> {
    const { rules, clock, libp2p } = this.#init
    const { remotePeer } = connection
    const peer = remotePeer.toString()
    const before = rules.place(peer)
    const known = this.#answers.get(peer)
    if (before !== undefined && known !== undefined && clock.now() - before.given < RELAY.sameAnswer)
      return finish(end, known, clock)
    const asker = { peer, block: blockOf(connection), member: this.#init.takesPart(peer) }
    const place = rules.askPlace(asker)
    if (typeof place === 'string')
      return this.#refuse(end, place, place === 'address-block' ? STATUS.reservationRefused : undefined)
    const ttl = place.expires - place.given
    const expire = Math.floor((clock.wallTime() + ttl) / SECOND)
    const voucher = await signVoucher(this.#init.privateKey, remotePeer, expire)
    const answer = encodeHopStatus(STATUS.ok, {
      reservation: { expire, addresses: this.#addressesFor(connection), voucher },
      limit: RELAY[rules.mode === 'data' ? 'data' : 'signals']
    })
    if (libp2p.getConnections(remotePeer).length === 0) return this.forget(peer)
    this.#answers.set(peer, answer)
    finish(end, answer, clock)
    await libp2p.peerStore.merge(remotePeer, { tags: { [PLACE_TAG]: { value: 1, ttl } } })
  }

  #addressesFor(connection: Connection): Uint8Array[] {
    const host = hostOf(connection.remoteAddr)
    const { libp2p } = this.#init
    const own = `/p2p/${libp2p.peerId.toString()}`
    return dialableAddresses(libp2p, host !== undefined && isLanHost(host))
      .slice(0, RELAY.maxAddresses)
      .map((address) => (address.toString().includes('/p2p/') ? address : address.encapsulate(own)).bytes)
  }

  async #connect(end: CircuitEnd, connection: Connection, target: PeerId): Promise<void> {
    const { libp2p, rules } = this.#init
    if (target.equals(libp2p.peerId) || target.equals(connection.remotePeer))
      return this.#refuse(end, 'forbidden')
    const way = libp2p.getConnections(target).find((each) => each.status === 'open' && !overRelay(each))
    if (rules.place(target.toString()) === undefined || way === undefined)
      return this.#refuse(end, 'no-reservation')
    const ends: CircuitEnds = {
      source: connection.remotePeer.toString(),
      target: target.toString(),
      sourceBlock: blockOf(connection),
      targetBlock: blockOf(way)
    }
    const admitted = rules.openCircuit(ends)
    if (typeof admitted === 'string') return this.#refuse(end, admitted)
    let joined = false
    try {
      const other = await this.#stop(way, connection.remotePeer, admitted)
      if (other === undefined) return this.#refuse(end, 'target')
      joined = this.#join(end, other, ends, admitted)
    } finally {
      if (!joined) rules.closeCircuit(ends)
    }
  }

  /** Asks the target; undefined when it does not take the connection, whatever the reason. */
  async #stop(way: Connection, source: PeerId, { limit }: AdmittedCircuit): Promise<CircuitEnd | undefined> {
    let other: CircuitEnd | undefined
    try {
      const signal = AbortSignal.timeout(RELAY.messageTimeout)
      const maxOutboundStreams = RELAY.circuitsPerTarget * 2
      other = new CircuitEnd(await way.newStream(STOP_PROTOCOL, { signal, maxOutboundStreams }))
      other.stream.send(encodeStopConnect(source, limit))
      const answer = await other.readMessage(this.#init.clock, RELAY.messageTimeout)
      if (decodeStopStatus(answer) === STATUS.ok) return other
      other.abort('the peer did not take the connection')
    } catch (error) {
      this.#init.log.debug({ error: reasonOf(error) }, 'the target of a relayed connection did not answer')
      other?.abort('the peer did not answer')
    }
    return undefined
  }

  /** @returns whether the circuit runs, and will take itself out of the rules */
  #join(end: CircuitEnd, other: CircuitEnd, ends: CircuitEnds, admitted: AdmittedCircuit): boolean {
    const { rules, clock, pace, onCarried } = this.#init
    const { kind, limit } = admitted
    if (end.gone || other.gone) {
      for (const each of [end, other]) each.abort('one end went away early')
      return false
    }
    const circuit: Circuit = new Circuit({
      ends: [end, other],
      limit,
      pace: kind === 'data' ? pace : undefined,
      clock,
      onCarried: (bytes) => {
        onCarried(bytes)
        if (!rules.carry(kind, ends, bytes)) circuit.end('budget')
      },
      onEnded: (why) => {
        this.ended[why] = (this.ended[why] ?? 0) + 1
        this.#circuits.delete(entry)
        rules.closeCircuit(ends)
      }
    })
    const entry = { circuit, kind }
    this.#circuits.add(entry)
    this.#relayed++
    end.stream.send(encodeHopStatus(STATUS.ok, { limit }))
    circuit.start()
    return true
  }

  #refuse(end: CircuitEnd, why: RelayRefusal, status: Status = ANSWERS[why]): void {
    this.#count(why)
    finish(end, encodeHopStatus(status), this.#init.clock)
  }

  #count(why: RelayRefusal): void {
    this.refused[why] = (this.refused[why] ?? 0) + 1
  }
}

/** Says the last word and ends the stream; the other side has a moment to end its half. */
function finish(end: CircuitEnd, answer: Uint8Array, clock: Clock): void {
  if (end.gone) return
  try {
    end.stream.send(answer)
  } catch {
    // The other side does not read any more: it needs no answer.
    return end.abort('the answer was not taken')
  }
  const late = (): void => end.abort('the other side did not close its stream')
  end.stream.addEventListener('close', clock.after(RELAY.messageTimeout, late))
  end.stream.close().catch(() => end.abort('the stream could not be closed'))
}

function overRelay(connection: Connection): boolean {
  return connection.limits !== undefined || isRelayed(connection.remoteAddr)
}

/** The address block of a connection; undefined for this machine, and where there is no address. */
function blockOf(connection: Connection): string | undefined {
  const host = hostOf(connection.remoteAddr)
  return host === undefined || isLoopbackHost(host) ? undefined : hostBlock(host)
}
