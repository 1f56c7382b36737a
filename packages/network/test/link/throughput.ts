/**
 * Measures one link between two processes on loopback: `node packages/network/test/link/throughput.ts [noise|tls]`.
 * Prints MB/s, CPU seconds and peak RSS of the receiving and the sending side, and the round trip of a ping
 * under load.
 */
import { fork } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { LinkBenchSink } from './bench-sink.ts'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { nativeTls } from '../../src/tls/native-tls.ts'
import { addressOf, forever, machineClock, type SwarmNode, swarmNode } from './swarm-node.ts'

const TOTAL = 2 * 1024 ** 3
const PAYLOAD = 256 * 1024

const encryption = process.argv[2] ?? 'noise'

function benchNode(): Promise<SwarmNode> {
  return swarmNode({}, machineClock, [encryption === 'tls' ? nativeTls() : leanNoise()])
}

function usage(side: string): string {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return `${side}: ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} s CPU, ${Math.round(maxRSS / 1024)} MiB`
}

async function send(): Promise<void> {
  const { links, node, next, stop } = await benchNode()
  process.send?.(addressOf({ node }))
  const link = await next()
  const sink = new LinkBenchSink(0)
  link.start(sink)
  const payload = new Uint8Array(PAYLOAD)
  for (let sent = 0; sent < TOTAL; sent += PAYLOAD * 4) {
    await Promise.all([0, 1, 2, 3].map((id) => link.sendData(id, payload)))
  }
  await sink.closed
  console.log(usage('sender'), links.links().length)
  await stop()
  process.exit(0)
}

async function receive(): Promise<void> {
  const child = fork(process.argv[1] ?? '', [encryption, 'send'])
  const address = await new Promise<{ peer: string; addresses: string[] }>((resolve) =>
    child.once('message', (message) => resolve(message as { peer: string; addresses: string[] }))
  )
  const { links, stop } = await benchNode()
  const link = await links.link(address, forever())
  const sink = new LinkBenchSink(TOTAL)
  const began = performance.now()
  link.start(sink)
  const pings = setInterval(() => sink.ping(link), 100)
  await sink.complete
  clearInterval(pings)
  const seconds = (performance.now() - began) / 1000
  console.log(`${(TOTAL / 1e6 / seconds).toFixed(0)} MB/s; ping p50 ${sink.medianRoundTrip().toFixed(1)} ms`)
  console.log(usage('receiver'))
  link.close('done')
  await stop()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await (process.argv[3] === 'send' ? send() : receive())
}
