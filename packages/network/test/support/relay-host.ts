import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { noise } from '@chainsafe/libp2p-noise'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

// A public host of another make: stock js-libp2p as a relay and a server of the Amino DHT, for tests in network
// namespaces. Prints its multiaddr when it is up, and ends when stdin closes.
//   relay-host.ts <address> <port> [relay limits as JSON, `none` for no limits]

const [address = '', port = '', limits = '{}'] = process.argv.slice(2)
const MINUTE = 60_000

/** Bytes and ms of one connection; what is left out is the stock's: 128 KiB, 2 minutes. */
const {
  data = 131_072,
  duration = 2 * MINUTE,
  places = 15
} = limits === 'none' ? {} : (JSON.parse(limits) as { data?: number; duration?: number; places?: number })

const node = await createLibp2p({
  addresses: { listen: [`/ip4/${address}/tcp/${port}`], announce: [`/ip4/${address}/tcp/${port}`] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 100 },
  services: {
    identify: identify(),
    identifyPush: identifyPush(),
    ping: ping(),
    relay: circuitRelayServer({
      reservations: {
        maxReservations: places,
        applyDefaultLimit: limits !== 'none',
        defaultDataLimit: BigInt(data),
        defaultDurationLimit: duration
      }
    }),
    dht: kadDHT({ protocol: '/ipfs/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper })
  }
})
process.stdout.write(`${node.getMultiaddrs()[0]?.toString()}\n`)
process.stdin.on('close', () => process.exit()).resume()
