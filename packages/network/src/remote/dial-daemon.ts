import type { Duplex } from 'node:stream'
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, printable, ShareError } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { CircuitTransport } from '../circuit/circuit-transport.ts'
import { connectionEnded } from '../connections/connection-ended.ts'
import { NameResolver } from '../dialing/name-resolver.ts'
import { OwnSubnets } from '../dialing/own-subnets.ts'
import { dialSideBySide } from '../dialing/peer-dialer.ts'
import { loadOrCreateKey } from '../identity/key-file.ts'
import { CONNECTIONS, REMOTE } from '../limits/index.ts'
import { guardedYamux } from '../muxer/guarded-yamux.ts'
import { type NetworkChoice, networkProfile } from '../network-profile.ts'
import { inScope } from '../node/address-scope.ts'
import type { NodeComponents } from '../node/node-components.ts'
import { protector } from '../node/protector.ts'
import { leanNoise } from '../records/lean-noise.ts'
import { memberCrypto } from '../records/member-crypto.ts'
import { fromCallError } from './call-error.ts'
import { CONTROL_PROTOCOL } from './control-protocol.ts'
import { StreamDuplex } from './stream-duplex.ts'
import { wayOut } from './way-out.ts'

/** Who calls, and whom. */
export interface DaemonDial {
  /** Of the caller: made at the first call. */
  keyFile: string
  /** Of one daemon, each with its peer id at the end. */
  addresses: readonly string[]
  network: NetworkChoice
  /** See `NetworkOptions`. */
  pnet: boolean
  bind?: string | undefined
  clock: Clock
  log: Log
}

/** A daemon on another machine. */
export interface DialledDaemon {
  /** The caller's own peer id. */
  readonly self: string
  /**
   * A stream for one call; the caller's. The first one dials.
   * @throws ShareError `network.daemon-unreachable`, `network.wrong-daemon`, `network.no-remote-control`
   */
  open(): Promise<Duplex>
  /** Ends all streams and the node. */
  close(): Promise<void>
}

/**
 * A node that dials one daemon and does nothing else: it listens nowhere, is found by nobody, asks no DHT, and keeps
 * nothing but its key. So it is there within some tens of ms.
 *
 * @throws ShareError `network.bad-key-file`, `network.bad-address`, `network.pnet-without-key`, `network.bad-bind`,
 * `network.bind-missing`
 */
export async function dialDaemon(options: DaemonDial): Promise<DialledDaemon> {
  const targets = options.addresses.map(parsed)
  const libp2p = await callerNode(options)
  await libp2p.start()
  let connecting: Promise<Connection> | undefined
  const connect = (): Promise<Connection> =>
    libp2p.dial(targets, { signal: AbortSignal.timeout(REMOTE.dialTimeout) })
  return {
    self: libp2p.peerId.toString(),
    async open() {
      try {
        const connection = await (connecting ??= connect())
        const signal = AbortSignal.timeout(REMOTE.openTimeout)
        const options = { signal, runOnLimitedConnection: true, maxOutboundStreams: REMOTE.streamsPerPeer }
        return new StreamDuplex(await connection.newStream(CONTROL_PROTOCOL, options))
      } catch (error) {
        connecting = undefined
        throw fromCallError(error, options.addresses)
      }
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, REMOTE.closeTimeout)
      await Promise.race([libp2p.stop(), late])
      clearTimeout(timer)
      // Nobody waits for an answer any more, and one that hangs must not hold the command.
      for (const connection of libp2p.getConnections())
        connection.abort(connectionEnded('the command is over'))
    }
  }
}

/** The caller's own peer id; makes its key where there is none. @throws ShareError `network.bad-key-file` */
export async function callerId(keyFile: string, log: Log): Promise<string> {
  return peerIdFromPrivateKey(await loadOrCreateKey(keyFile, log)).toString()
}

async function callerNode({ keyFile, network, pnet, bind, clock, log }: DaemonDial): Promise<Libp2p> {
  const { scope, memberKey } = networkProfile(network)
  const privateKey = await loadOrCreateKey(keyFile, log)
  const way = wayOut(bind)
  const libp2p = await createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: 'p2pshare', version: '1', userAgent: 'p2pshare-command' },
    addresses: { listen: [] },
    transports: [
      way.transport,
      (components) => new CircuitTransport(components as unknown as NodeComponents, clock)
    ],
    connectionEncrypters: [leanNoise(memberKey && memberCrypto(memberKey))],
    ...protector(memberKey, pnet),
    streamMuxers: [guardedYamux()],
    connectionGater: {
      denyDialMultiaddr: (address) => !inScope(address, scope) || !way.mayDial(address),
      denyInboundConnection: () => true
    },
    connectionManager: {
      addressDialTimeout: CONNECTIONS.addressDialTimeout,
      dialTimeout: REMOTE.dialTimeout,
      resolvers: {}
    },
    // A stream without a byte for three heartbeats is given up by who reads it.
    connectionMonitor: { enabled: false }
  } as Libp2pOptions)
  const subnets = new OwnSubnets(() => clock.now())
  const near = (host: string): boolean => subnets.has(host)
  dialSideBySide(libp2p, { names: new NameResolver(way.names, clock), near, clock })
  return libp2p
}

function parsed(address: string): Multiaddr {
  try {
    const target = multiaddr(address)
    if (target.getComponents().at(-1)?.name === 'p2p') return target
  } catch {
    // Told below.
  }
  throw new ShareError({
    code: 'network.bad-address',
    fault: 'user',
    message: `${printable(address, 200)} is not the address of a daemon.`,
    hint: 'Write it as /ip4/192.0.2.1/tcp/4001/p2p/12D3Koo…, the peer id included: p2pshare id shows it there.'
  })
}
