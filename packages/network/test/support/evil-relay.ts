import type { Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { concat } from 'uint8arrays/concat'
import { bytesField, varintField } from '../../src/dht/protobuf.ts'
import { HOP_PROTOCOL, STOP_PROTOCOL } from '../../src/circuit/circuit-protocol.ts'
import { decodeHopRequest } from '../../src/relay/relay-message.ts'
import { rawPeer } from './raw-peer.ts'

/** What a relay does to those who trust it. */
export type Evil =
  /** Reads a request and never answers. */
  | 'silent'
  /** Accepts the stream and does not even read. */
  | 'deaf'
  /** Answers a byte a second, for ever. */
  | 'drip'
  /** Refuses everything. */
  | 'refuses'
  /** Answers with noise. */
  | 'garbage'
  /** Answers with 1 MiB. */
  | 'huge'
  /** Says that a place is given, which it is not: nobody is ever let through. */
  | 'no-place-behind'
  /** Gives a place that is over before it begins. */
  | 'expired'
  /** Gives a place for the next 10,000 years. */
  | 'for-ever'
  /** Gives a place with 5,000 addresses, private and strange ones among them. */
  | 'addresses'
  /** Says yes to a connection, and never joins it to anything. */
  | 'never-joins'
  /** Promises no limits, and cuts each connection after 16 KiB. */
  | 'cuts'
  /** Promises a limit of 0 s and 0 bytes, or of more than fits a number. */
  | 'absurd-limits'

const FOREVER = 253_402_300_800
const OK = 100
const REFUSED = 200
const CUT_AFTER = 16 * 1024

/** A relay on 127.0.0.1 that lies or stalls; `stopRawPeers` ends it. */
export async function evilRelay(evil: Evil): Promise<Libp2p> {
  const node = await rawPeer()
  await node.handle(HOP_PROTOCOL, (stream: Stream) => void serve(node, stream, evil).catch(() => undefined), {
    maxInboundStreams: 1000
  })
  return node
}

async function serve(node: Libp2p, stream: Stream, evil: Evil): Promise<void> {
  if (evil === 'deaf') return
  const frames = lpStream(stream)
  const request = decodeHopRequest((await frames.read()).subarray())
  if (evil === 'silent' || typeof request === 'string') return
  if (evil === 'drip') return drip(stream)
  if (evil === 'huge') return frames.write(new Uint8Array(2 ** 20))
  if (evil === 'garbage') return frames.write(new Uint8Array(300).fill(0xff))
  if (evil === 'refuses') return frames.write(status(REFUSED))
  if (request.type === 'reserve') return frames.write(status(OK, [reservation(node, evil), limit(evil)]))
  if (evil === 'no-place-behind') return frames.write(status(204))
  await frames.write(status(OK, [limit(evil)]))
  if (evil === 'cuts') await cut(node, frames.unwrap(), request.peer.toString())
}

/** Joins the two ends as a good relay would, for a while. */
async function cut(node: Libp2p, stream: Stream, target: string): Promise<void> {
  const way = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === target)
  const other = await way?.newStream(STOP_PROTOCOL)
  if (other === undefined) return
  const frames = lpStream(other)
  const from = node.getConnections().find(({ streams }) => streams.includes(stream))?.remotePeer
  const source = bytesField(2, bytesField(1, from?.toMultihash().bytes ?? new Uint8Array()))
  await frames.write(concat([varintField(1, 0), source]))
  await frames.read()
  let passed = 0
  for (const [one, two] of [
    [stream, frames.unwrap()],
    [frames.unwrap(), stream]
  ] as const)
    one.addEventListener('message', ({ data }) => {
      passed += data.byteLength
      if (passed < CUT_AFTER) two.send(data)
      else for (const end of [one, two]) end.abort(new Error('cut'))
    })
}

function drip(stream: Stream): void {
  // A length that says: 2,000 bytes follow.
  const bytes = [0xd0, 0x0f]
  const timer = setInterval(() => {
    if (stream.writeStatus === 'writable') stream.send(Uint8Array.of(bytes.shift() ?? 0))
    else clearInterval(timer)
  }, 1000)
  timer.unref()
}

function status(code: number, parts: readonly Uint8Array[] = []): Uint8Array {
  return concat([varintField(1, 2), ...parts, varintField(5, code)])
}

function reservation(node: Libp2p, evil: Evil): Uint8Array {
  const now = Math.floor(Date.now() / 1000)
  const expire = evil === 'expired' ? now - 3600 : evil === 'for-ever' ? FOREVER : now + 3600
  const own = node.getMultiaddrs().map((address) => address.bytes)
  const addresses = evil === 'addresses' ? strangeAddresses(node) : own
  return bytesField(
    3,
    concat([varintField(1, expire), ...addresses.map((address) => bytesField(2, address))])
  )
}

function strangeAddresses(node: Libp2p): Uint8Array[] {
  const some = ['/ip4/10.0.0.1/tcp/22', '/ip4/8.8.8.8/tcp/4001', '/dns4/localhost/tcp/80', '/ip6/::1/tcp/1']
  return Array.from({ length: 5000 }, (_, i) =>
    i % 5 === 4
      ? Uint8Array.of(255, 255, i & 255)
      : multiaddr(`${some[i % 5] ?? ''}/p2p/${node.peerId.toString()}`).bytes
  )
}

/** No limit at all, unless the relay is to lie about it. */
function limit(evil: Evil): Uint8Array {
  if (evil !== 'absurd-limits') return new Uint8Array(0)
  return bytesField(4, concat([varintField(1, 0xffff_ffff), varintField(2, Number.MAX_SAFE_INTEGER)]))
}
