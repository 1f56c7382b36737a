/**
 * A DHT server with the catalogue of a daemon, in a process of its own, for the benchmark `dht-flood`. Takes the
 * catalogue's file as argument; says `ready`, then its figures whenever it gets a message.
 */
import { statSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { type CancelTimer, type Clock, millis, seededRng } from '@p2pshare/base'
import { createNetwork } from '@p2pshare/network'
import type { Log } from '@p2pshare/ports'
import { openCatalogue } from '@p2pshare/storage'

/** What the server answers. */
export interface FloodServerFigures {
  address: string
  records: number
  /** Bytes now, and the most since the last message. */
  rss: number
  peakRss: number
  /** Event-loop delay since the last message, ms. */
  loopP99: number
  loopMax: number
  cpuSeconds: number
  diskBytes: number
}

const clock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after(delay, run): CancelTimer {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log }

const [file = ''] = process.argv.slice(2)
const { catalogue } = openCatalogue({ file, now: Date.now })
const { network } = await createNetwork({
  privateKey: await generateKeyPair('Ed25519'),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: [],
  network: { kind: 'local' },
  mdns: false,
  values: catalogue.values('network'),
  log,
  clock,
  rng: seededRng(1),
  agentVersion: 'p2pshare-bench/1'
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
await network.start()
let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 50)

function figures(): FloodServerFigures {
  const { user, system } = process.cpuUsage()
  const out = {
    address: network.addresses()[0] ?? '',
    records: network.condition().dhts[0]?.records ?? 0,
    rss: process.memoryUsage.rss(),
    peakRss: Math.max(peak, process.memoryUsage.rss()),
    loopP99: delay.percentile(99) / 1e6,
    loopMax: delay.max / 1e6,
    cpuSeconds: (user + system) / 1e6,
    diskBytes: statSync(file).size
  }
  peak = 0
  delay.reset()
  return out
}

process.on('message', (wish: 'figures' | 'stop') => {
  if (wish === 'figures') process.send?.(figures())
  else
    void network.stop().then(() => {
      catalogue.close()
      process.exit(0)
    })
})
process.send?.(figures())
