import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { lastBytes, lastVarint, readFields } from '../../src/dht/protobuf.ts'
import { HOP_PROTOCOL } from '../../src/circuit/circuit-protocol.ts'
import { until } from '../support/nodes.ts'

const clients = new Set<Libp2p>()

/** A stock libp2p node with the stock circuit transport, as many programs have; dials over relays, may listen on them. */
export async function stockClient(listen: readonly string[] = []): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: [...listen] },
    transports: [tcp(), circuitRelayTransport({ reservationCompletionTimeout: 5000 })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), ping: ping() }
  })
  clients.add(node)
  return node
}

/** A stock node that has a place at the relay. */
export async function stockListener(relay: string): Promise<Libp2p> {
  const node = await stockClient([`${relay}/p2p-circuit`])
  await until(() => circuitAddress(node) !== undefined, 'the relay gave a place')
  return node
}

/** Where a node can be reached over a relay. */
export function circuitAddress(node: Libp2p): string | undefined {
  return node
    .getMultiaddrs()
    .map(String)
    .find((address) => address.includes('/p2p-circuit'))
}

export async function stopClients(): Promise<void> {
  await Promise.all([...clients].map(async (client) => client.stop()))
  clients.clear()
}

/** An answer of the relay, as far as tests look at it. */
export interface HopAnswer {
  status: number | undefined
  limit: { seconds: number | undefined; data: number | undefined } | undefined
  reservation: Uint8Array | undefined
}

/** Sends bytes as one message to the relay and reads its answer; the stream is the circuit after a good one. */
export async function askHop(
  connection: Connection,
  message: Uint8Array
): Promise<HopAnswer & { stream: Stream }> {
  const stream = await connection.newStream(HOP_PROTOCOL)
  const frames = lpStream(stream)
  const signal = AbortSignal.timeout(10_000)
  await frames.write(message, { signal })
  const fields = readFields((await frames.read({ signal })).subarray()) ?? []
  const limit = lastBytes(fields, 4)
  const limits = limit === undefined ? undefined : (readFields(limit) ?? [])
  return {
    status: lastVarint(fields, 5),
    limit: limits && { seconds: lastVarint(limits, 1), data: lastVarint(limits, 2) },
    reservation: lastBytes(fields, 3),
    stream: frames.unwrap()
  }
}

/** A connection of a client to the relay. */
export async function connectionTo(client: Libp2p, relay: string): Promise<Connection> {
  return client.dial(multiaddr(relay))
}
