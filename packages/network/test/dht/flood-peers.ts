/**
 * Peers of a flood, in a process of its own, for `npm run bench -- dht-flood`. Told by IPC what to do:
 * `announce` sends records of so many peers to a server and waits until all are taken, `look` asks for records
 * at a steady rate and answers the times, until `stop`.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { decodeKadMessage, encodeKadMessage } from '../../src/dht/message.ts'
import { LAN_PROTOCOL, rawPeer } from '../support/raw-peer.ts'

/** What the benchmark asks for. */
export type FloodOrder =
  | { do: 'announce'; server: string; name: string; peers: number; each: number; patient: boolean }
  | { do: 'look'; server: string; name: string; peers: number; each: number; pause: number }
  | { do: 'count'; server: string; name: string; peers: number; each: number }
  | { do: 'stop' }

/** Streams of one peer that announce at the same time. */
const STREAMS = 4
/** Records in one write. */
const BATCH = 50
const PING = encodeKadMessage({ type: 'PING', closer: [], providers: [] })

const known = new Map<string, Libp2p>()
let stopped = false

process.on('message', (order: FloodOrder) => {
  if (order.do === 'stop') stopped = true
  else
    run(order).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      }
    )
})

async function run(order: Exclude<FloodOrder, { do: 'stop' }>): Promise<object> {
  if (order.do === 'announce') return announce(order)
  if (order.do === 'look') return look(order)
  return count(order)
}

async function announce(order: Extract<FloodOrder, { do: 'announce' }>): Promise<{ seconds: number }> {
  const began = performance.now()
  const work: Promise<void>[] = []
  for (let peer = 0; peer < order.peers; peer++) {
    const node = await peerOf(`${order.name} ${peer}`)
    for (let stream = 0; stream < STREAMS; stream++) work.push(send(node, order, peer, stream))
  }
  await Promise.all(work)
  return { seconds: (performance.now() - began) / 1000 }
}

async function send(
  node: Libp2p,
  { server, name, each, patient }: Extract<FloodOrder, { do: 'announce' }>,
  peer: number,
  part: number
): Promise<void> {
  const frames = lpStream(await node.dialProtocol(multiaddr(server), LAN_PROTOCOL))
  const providers = [
    { id: node.peerId.toMultihash().bytes, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }
  ]
  const end = Math.floor((each * (part + 1)) / STREAMS)
  for (let from = Math.floor((each * part) / STREAMS); from < end; from += BATCH) {
    const messages: Uint8Array[] = []
    for (let i = from; i < Math.min(end, from + BATCH); i++)
      messages.push(
        encodeKadMessage({ type: 'ADD_PROVIDER', key: key(name, peer, i), closer: [], providers })
      )
    await frames.writeV(messages)
    if (!patient && from + BATCH < end) continue
    await frames.write(PING)
    await frames.read()
  }
}

async function look(
  order: Extract<FloodOrder, { do: 'look' }>
): Promise<{ times: number[]; missing: number }> {
  const times: number[] = []
  let missing = 0
  stopped = false
  for (let i = 0; !stopped; i++) {
    const began = performance.now()
    const found = await ask(order, i % order.peers, (i * 7919) % order.each)
    times.push(performance.now() - began)
    if (!found) missing++
    await sleep(order.pause)
  }
  return { times, missing }
}

async function count(order: Extract<FloodOrder, { do: 'count' }>): Promise<{ found: number }> {
  let found = 0
  for (let peer = 0; peer < order.peers; peer++) {
    for (let i = 0; i < order.each; i++) if (await ask(order, peer, i)) found++
  }
  return { found }
}

/** As a lookup does: a stream for one request. */
async function ask(order: { server: string; name: string }, peer: number, index: number): Promise<boolean> {
  const node = await peerOf('looker')
  const stream = await node.dialProtocol(multiaddr(order.server), LAN_PROTOCOL)
  const frames = lpStream(stream)
  const wanted = key(order.name, peer, index)
  await frames.write(encodeKadMessage({ type: 'GET_PROVIDERS', key: wanted, closer: [], providers: [] }))
  const answer = decodeKadMessage((await frames.read()).subarray())
  await stream.close()
  return (answer?.providers.length ?? 0) > 0
}

async function peerOf(name: string): Promise<Libp2p> {
  const node = known.get(name) ?? (await rawPeer())
  known.set(name, node)
  return node
}

function key(name: string, peer: number, index: number): Uint8Array {
  return multihashOf(createHash('sha256').update(`${name} ${peer} ${index}`).digest())
}
