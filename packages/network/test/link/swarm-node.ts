import { leanNoise } from '../../src/records/lean-noise.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { type Clock, millis } from '@p2pshare/base'
import type { Log, PeerLink } from '@p2pshare/ports'
import { encodeFrame } from '@p2pshare/wire'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { createSwarmLinks } from '../../src/link/swarm-links.ts'
import type { LinkLimits, SwarmLinks } from '../../src/link/swarm-host.ts'
import { guardedYamux } from '../../src/muxer/guarded-yamux.ts'

/** The machine's clock. */
export const machineClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}

/** Says nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog
}

/** What `connectionEncrypters` of libp2p takes. */
type Encrypters = NonNullable<Libp2pOptions['connectionEncrypters']>
/** One of them. */
export type Encrypter = Encrypters[number]

/** A libp2p node on loopback, without services. */
export function loopbackNode(
  streamMuxers = [guardedYamux()],
  connectionEncrypters: Encrypters = [leanNoise()],
  limits: Libp2pOptions['connectionManager'] = {}
): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters,
    streamMuxers,
    connectionManager: { inboundConnectionThreshold: 1000, ...limits },
    connectionMonitor: { enabled: false }
  })
}

/** A node with swarm links, and the links that came to it. */
export interface SwarmNode {
  node: Libp2p
  links: SwarmLinks
  taken: PeerLink[]
  /** The next link that comes, or one that has come and was not asked for. */
  next(): Promise<PeerLink>
  stop(): Promise<void>
}

/** Starts a node that takes swarm links. */
export async function swarmNode(
  limits: Partial<LinkLimits> = {},
  clock = machineClock,
  encrypters?: Encrypters
): Promise<SwarmNode> {
  const node = await loopbackNode(undefined, encrypters)
  const links = createSwarmLinks({ libp2p: node, agent: 'test/1', log: silentLog, clock, limits })
  const taken: PeerLink[] = []
  let seen = 0
  let waiting: (() => void)[] = []
  links.onLink((link) => {
    taken.push(link)
    for (const resolve of waiting.splice(0)) resolve()
  })
  await links.start()
  return {
    node,
    links,
    taken,
    async next() {
      while (taken.length <= seen) await new Promise<void>((resolve) => (waiting = [...waiting, resolve]))
      return taken[seen++] as PeerLink
    },
    async stop() {
      await links.stop()
      await node.stop()
    }
  }
}

/** How others reach a node. */
export function addressOf({ node }: { node: Libp2p }): { peer: string; addresses: string[] } {
  return { peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

/** Both streams of a link, opened by hand: what comes after the hellos is up to the test. */
export async function rawStreams(
  connection: Connection,
  session = 77n
): Promise<{ control: Stream; data: Stream }> {
  const open = async (stream: 'control' | 'data') => {
    const opened = await connection.newStream('/p2pshare/swarm/1.0.0')
    opened.addEventListener('message', () => {})
    opened.send(encodeFrame({ type: 'hello', stream, session, agent: 'raw', maxRequests: 64 }))
    return opened
  }
  return { control: await open('control'), data: await open('data') }
}

/** A signal that never aborts. */
export const forever = (): AbortSignal => new AbortController().signal
