import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { decodeKadMessage, encodeKadMessage, type KadMessage } from '../../src/dht/message.ts'

export const LAN_PROTOCOL = '/ipfs/lan/kad/1.0.0'

const peers = new Set<Libp2p>()

/** A plain libp2p node on 127.0.0.1, without a DHT: it says what a test wants. */
export async function rawPeer(): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() }
  })
  peers.add(node)
  return node
}

export async function stopRawPeers(): Promise<void> {
  await Promise.all([...peers].map(async (peer) => peer.stop()))
  peers.clear()
}

/** Answers DHT requests with whatever `answer` gives; bytes go out as they are, undefined is silence. */
export async function answerDht(
  node: Libp2p,
  answer: (request: KadMessage, stream: Stream) => KadMessage | Uint8Array | undefined
): Promise<void> {
  await node.handle(LAN_PROTOCOL, async (stream: Stream) => {
    const frames = lpStream(stream, { maxDataLength: 2 ** 24, maxBufferSize: 2 ** 24 })
    try {
      for (;;) {
        const request = decodeKadMessage((await frames.read()).subarray())
        if (request === undefined) return
        const reply = answer(request, stream)
        if (reply === undefined) continue
        await frames.write(reply instanceof Uint8Array ? reply : encodeKadMessage(reply))
      }
    } catch {
      // The other side ended or reset the stream.
    }
  })
}

/** Sends DHT messages on one stream and reads `answers` answers. */
export async function talkDht(
  node: Libp2p,
  address: string,
  messages: readonly Uint8Array[],
  answers: number
): Promise<KadMessage[]> {
  const { multiaddr } = await import('@multiformats/multiaddr')
  const stream = await node.dialProtocol(multiaddr(address), LAN_PROTOCOL)
  const frames = lpStream(stream, { maxDataLength: 2 ** 22 })
  await frames.writeV([...messages])
  const out: KadMessage[] = []
  while (out.length < answers) {
    const message = decodeKadMessage((await frames.read({ signal: AbortSignal.timeout(5000) })).subarray())
    if (message === undefined) throw new Error('no DHT message')
    out.push(message)
  }
  await stream.close()
  return out
}
