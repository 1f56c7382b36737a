import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import { CircuitTransport } from '../../src/circuit/circuit-transport.ts'
import { reserve } from '../../src/circuit/reservation.ts'
import { guardedYamux } from '../../src/muxer/guarded-yamux.ts'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { CallStreams } from '../../src/remote/call-streams.ts'
import { dialDaemon } from '../../src/remote/index.ts'
import { forever } from '../link/swarm-node.ts'
import { recordingLog, systemClock } from '../support/nodes.ts'

async function node(options: Libp2pOptions): Promise<Libp2p> {
  const made = await createLibp2p({
    connectionEncrypters: [leanNoise()],
    streamMuxers: [guardedYamux()],
    connectionMonitor: { enabled: false },
    ...options
  })
  onTestFinished(() => made.stop())
  return made
}

/** A daemon that is reached over a stock relay, with the stock's limits. @returns its address there */
async function relayedDaemon(): Promise<string> {
  const relay = await node({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    services: { identify: identify(), relay: circuitRelayServer() }
  })
  const way = relay.getMultiaddrs()[0] as Multiaddr
  let circuit: CircuitTransport | undefined
  const daemon = await node({
    addresses: { listen: ['/p2p-circuit'] },
    transports: [tcp(), (components) => (circuit = new CircuitTransport(components as never, systemClock))]
  })
  const connection = await daemon.dial(way)
  // The relay keeps the place; only its address, being of this machine, is not one to tell.
  await reserve(connection, systemClock, forever()).catch(() => undefined)
  circuit?.listener.add(connection.remotePeer.toString(), [way.encapsulate('/p2p-circuit')])
  const calls = new CallStreams(daemon, recordingLog())
  calls.serve({ judge: () => 'take', take: (_, stream) => void stream.pipe(stream), knows: () => true })
  calls.start()
  return `${way.toString()}/p2p-circuit/p2p/${daemon.peerId.toString()}`
}

test('a call goes over a relay, whatever its limits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const parts = { keyFile: join(folder, 'key'), pnet: false, clock: systemClock, log: recordingLog() }
  const addresses = [await relayedDaemon()]
  // Relays are of the internet; a node that only dials has nobody else to contact.
  const daemon = await dialDaemon({ ...parts, addresses, network: { kind: 'public' } })
  onTestFinished(() => daemon.close())
  const stream = await daemon.open()
  stream.end('hello')
  expect(await text(stream)).toBe('hello')
})
