import { lpStream } from '@libp2p/utils'
import type { Rng } from '@p2pshare/base'
import {
  decodeKadMessage,
  encodeKadMessage,
  type KadMessage,
  type KadPeerRecord
} from '../../../src/dht/message.ts'
import { positionedKey } from './positioned-key.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'

/** How a hostile node answers: with nothing, with nothing but its accomplices, or with providers that it made up as well. */
export type Behaviour = 'silent' | 'each-other' | 'false-providers'

/** Peers in an answer. */
const ANSWER_SIZE = 20

/** Makes nodes lie from now on, together. They take records, and never give one away. */
export function turnHostile(nodes: readonly SimulatedNode[], behaviour: Behaviour, rng: Rng): void {
  const accomplices = nodes.map(({ libp2p }) => recordOf(libp2p.peerId.toMultihash().bytes, libp2p))
  const madeUp = Array.from({ length: ANSWER_SIZE * nodes.length }, () =>
    recordOf(peerIdFromPrivateKey(positionedKey(rng)).toMultihash().bytes, nodes[0]?.libp2p)
  )
  const some = (from: readonly KadPeerRecord[]): KadPeerRecord[] => {
    const start = rng.below(Math.max(1, from.length))
    return [...from.slice(start), ...from.slice(0, start)].slice(0, ANSWER_SIZE)
  }
  for (const node of nodes) {
    node.serve = async (stream) => {
      const frames = lpStream(stream)
      try {
        for (;;) {
          const request = decodeKadMessage((await frames.read()).subarray())
          if (request === undefined) break
          if (request.type !== 'ADD_PROVIDER')
            await frames.write(
              encodeKadMessage(
                answer(
                  request,
                  behaviour,
                  () => some(accomplices),
                  () => some(madeUp)
                )
              )
            )
        }
      } catch {
        // The other side has gone.
      }
      await stream.close().catch(() => undefined)
    }
  }
}

function answer(
  { type, key }: KadMessage,
  behaviour: Behaviour,
  accomplices: () => KadPeerRecord[],
  madeUp: () => KadPeerRecord[]
): KadMessage {
  return {
    type,
    ...(key === undefined ? {} : { key }),
    closer: behaviour === 'silent' ? [] : accomplices(),
    providers: behaviour === 'false-providers' && type === 'GET_PROVIDERS' ? madeUp() : []
  }
}

function recordOf(id: Uint8Array, libp2p: SimulatedNode['libp2p'] | undefined): KadPeerRecord {
  return { id, multiaddrs: libp2p?.getMultiaddrs().map((each) => each.decapsulate('/p2p').bytes) ?? [] }
}
