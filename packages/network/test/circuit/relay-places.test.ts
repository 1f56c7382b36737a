import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream, streamPair } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Reach } from '@p2pshare/ports'
import { VirtualClock } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CircuitListener } from '../../src/circuit/circuit-listener.ts'
import { HOP_PROTOCOL } from '../../src/circuit/circuit-protocol.ts'
import { RelayPlaces } from '../../src/circuit/relay-places.ts'
import { CIRCUIT } from '../../src/limits/index.ts'
import { recordingLog } from '../support/nodes.ts'
import { HopMessage } from '../support/stock-messages.ts'

const IDS = [
  '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x',
  '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2',
  '12D3KooWEppFLWS3grreqPwjnLTwkMMP5QTSYHtz96ae2HoQHXTS'
]

/** What a relay does with a wish for a place. */
type Relay = (stream: Stream) => unknown

function answering(message: (now: number) => object): (clock: VirtualClock) => Relay {
  return (clock) => async (stream) => {
    const frames = lpStream(stream)
    await frames.read()
    await frames.write(HopMessage.encode({ type: 'STATUS', ...message(clock.wallTime()) }))
  }
}

const HONEST = answering((now) => ({
  status: 'OK',
  reservation: { expire: BigInt(Math.floor(now / 1000) + 3600), addrs: [] }
}))
const FULL = answering(() => ({ status: 'RESERVATION_REFUSED' }))
const SILENT = (): Relay => () => undefined
const NONSENSE = (): Relay => (stream) => stream.send(Uint8Array.of(3, 7, 7, 7))
const HUGE = (): Relay => (stream) => stream.send(Uint8Array.of(255, 255, 255, 127))

/** A node behind a router that is connected to relays with the given manners. */
class World {
  readonly clock = new VirtualClock()
  readonly events = new EventTarget()
  reach: Reach = 'unknown'
  asked = 0
  readonly told = new Set<string>()
  readonly connections: Connection[]
  readonly places: RelayPlaces

  constructor(...manners: ((clock: VirtualClock) => Relay)[]) {
    const addressManager = {
      confirmObservedAddr: (address: Multiaddr) => void this.told.add(address.toString()),
      removeObservedAddr: (address: Multiaddr) => void this.told.delete(address.toString())
    }
    this.connections = manners.map((manner, i) => this.#connection(IDS[i] as string, i, manner(this.clock)))
    const libp2p = {
      addEventListener: this.events.addEventListener.bind(this.events),
      getConnections: () => this.connections.filter(({ status }) => status === 'open'),
      peerStore: { merge: () => Promise.resolve() }
    }
    this.places = new RelayPlaces({
      libp2p: libp2p as never,
      listener: new CircuitListener({ addressManager }),
      position: () => ({ reach: this.reach, nat: 'unknown' }),
      clock: this.clock,
      log: recordingLog()
    })
    this.places.start()
    for (const connection of this.connections) this.identify(connection)
  }

  #connection(id: string, i: number, relay: Relay): Connection {
    return {
      remotePeer: peerIdFromString(id),
      remoteAddr: multiaddr(`/ip4/5.5.${i}.2/tcp/4001/p2p/${id}`),
      direction: 'outbound',
      status: 'open',
      newStream: async () => {
        this.asked++
        const [ours, theirs] = await streamPair()
        void relay(theirs)
        return ours
      }
    } as unknown as Connection
  }

  identify(connection: Connection): void {
    this.#dispatch('peer:identify', { peerId: connection.remotePeer, protocols: [HOP_PROTOCOL] })
  }

  close(connection: Connection): void {
    Object.assign(connection, { status: 'closed' })
    this.#dispatch('connection:close', connection)
  }

  /** Lets time pass, for the node and for the time limits of its requests. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.clock.advanceAsync(Math.min(500, left))
      await vi.advanceTimersByTimeAsync(Math.min(500, left))
    }
  }

  get states(): (string | undefined)[] {
    return this.places
      .condition()
      .map(({ state, text }) => (text === undefined ? state : `${state}: ${text}`))
  }

  #dispatch(type: string, detail: unknown): void {
    this.events.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

describe('places at relays', () => {
  test('are taken at two, after a while without anybody reaching us, and told', async () => {
    const world = new World(HONEST, HONEST, HONEST)
    await world.pass(CIRCUIT.patience - 1000)
    expect(world.asked).toBe(0)
    await world.pass(3000)
    expect(world.states).toEqual(['reserved', 'reserved'])
    expect([...world.told]).toEqual([0, 1].map((i) => `/ip4/5.5.${i}.2/tcp/4001/p2p/${IDS[i]}/p2p-circuit`))
  })

  test('are given up when others reach us directly', async () => {
    const world = new World(HONEST, HONEST)
    await world.pass(6000)
    world.reach = 'direct'
    await world.pass(2000)
    expect(world.states).toEqual([])
    expect(world.told.size).toBe(0)
  })

  test('are renewed before they end', async () => {
    const world = new World(HONEST)
    await world.pass(6000)
    await world.pass(3_400_000)
    expect(world.asked).toBe(2)
    expect(world.states).toEqual(['reserved'])
  })

  test('are replaced when the relay goes away', async () => {
    const world = new World(HONEST, HONEST, HONEST)
    await world.pass(6000)
    world.close(world.connections[0] as Connection)
    expect(world.told.size).toBe(1)
    await world.pass(2000)
    expect(world.states).toEqual(['reserved', 'reserved', 'lost: the connection to it has ended'])
    expect(world.told.size).toBe(2)
  })

  test.each<[string, (clock: VirtualClock) => Relay, string]>([
    ['is full', FULL, 'it is full'],
    ['stalls', SILENT, 'it did not answer in time'],
    ['sends nonsense', NONSENSE, 'The relay sent'],
    ['sends far too much', HUGE, 'refused: ']
  ])('are sought elsewhere where one %s, and it is asked no more for some time', async (_, manner, text) => {
    const world = new World(manner, HONEST, HONEST)
    await world.pass(4000 + CIRCUIT.reserveTimeout + 2000)
    expect(world.states).toEqual(['reserved', 'reserved', expect.stringContaining(text)])
    const { asked } = world
    await world.pass(60_000)
    expect(world.asked).toBe(asked)
  })
})
