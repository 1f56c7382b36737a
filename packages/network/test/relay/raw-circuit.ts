import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { concat } from 'uint8arrays/concat'
import { bytesField, lastBytes, lastVarint, readFields, varintField } from '../../src/dht/protobuf.ts'
import { STATUS, STOP_PROTOCOL } from '../../src/circuit/circuit-protocol.ts'
import { rawPeer } from '../support/raw-peer.ts'
import { askHop, connectionTo } from './relay-client.ts'

export const RESERVE = varintField(1, 0)

/** A request to be connected. */
export function connectTo(peer: Libp2p['peerId']): Uint8Array {
  return concat([varintField(1, 1), bytesField(2, bytesField(1, peer.toMultihash().bytes))])
}

/** A peer with a place at the relay, which takes every circuit and keeps it for the test. */
export interface Target {
  node: Libp2p
  /** Circuits that came, oldest first. */
  streams: Stream[]
  /** What was told of each: who is at the other end, and the limits. */
  told: { peer: Uint8Array | undefined; seconds: number | undefined; data: number | undefined }[]
}

/** @param answer - its status to each circuit; null says nothing */
export async function target(relay: string, answer: number | null = STATUS.ok): Promise<Target> {
  const node = await rawPeer()
  const streams: Stream[] = []
  const told: Target['told'] = []
  await node.handle(
    STOP_PROTOCOL,
    async (stream: Stream) => {
      const frames = lpStream(stream)
      const fields = readFields((await frames.read()).subarray()) ?? []
      const limits = readFields(lastBytes(fields, 3) ?? new Uint8Array()) ?? []
      const peer = lastBytes(readFields(lastBytes(fields, 2) ?? new Uint8Array()) ?? [], 1)
      told.push({ peer, seconds: lastVarint(limits, 1), data: lastVarint(limits, 2) })
      if (answer === null) return
      await frames.write(concat([varintField(1, 1), varintField(4, answer)]))
      streams.push(frames.unwrap())
    },
    { maxInboundStreams: 200 }
  )
  const { status } = await askHop(await connectionTo(node, relay), RESERVE)
  if (status !== STATUS.ok) throw new Error(`no place: ${status}`)
  return { node, streams, told }
}

/** A circuit from a connection of the dialler to a target. */
export async function circuit(
  connection: Connection,
  { node, streams }: Target
): Promise<{ near: Stream; far: Stream }> {
  const at = streams.length
  const { status, stream } = await askHop(connection, connectTo(node.peerId))
  const far = streams[at]
  if (status !== STATUS.ok || far === undefined) throw new Error(`no circuit: ${status}`)
  return { near: stream, far }
}

/** Counts what comes in at an end. */
export function counted(stream: Stream): { bytes: number } {
  const seen = { bytes: 0 }
  stream.addEventListener('message', ({ data }) => {
    seen.bytes += data.byteLength
  })
  return seen
}
