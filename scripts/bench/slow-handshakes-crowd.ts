import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { seededRng } from '@p2pshare/base'
import { createNetwork } from '@p2pshare/network'
import { lurkers } from '../../test/harness/lurkers.ts'
import { memoryValues, realClock, silentLog } from '../../test/harness/node-parts.ts'
import { milliseconds, quantile } from '../tool/bench-runs.ts'

// The besiegers of the benchmark `slow-handshakes`, and honest peers beside them who dial again and again, each with a
// key of its own. Prints one JSON line.
//   slow-handshakes-crowd.ts <multiaddr> <own address> <sockets> <seconds>

const [target = '', own = '', sockets = '0', seconds = '0'] = process.argv.slice(2)
const PAUSE_MS = 250
/** Time for the crowd to fill the room. */
const GATHER_MS = 2000
process.stdin.on('close', () => process.exit()).resume()

const [, , host = '', , port = ''] = target.split('/')
await using crowd = lurkers({
  host,
  port: Number(port),
  count: Number(sockets),
  prefix: '10.81',
  again: true
})
await sleep(GATHER_MS)
const times: number[] = []
let refused = 0
const end = performance.now() + Number(seconds) * 1000
while (performance.now() < end) {
  const { network } = await createNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    listen: [],
    bind: own,
    bootstrap: [],
    network: { kind: 'local' },
    mdns: false,
    values: memoryValues(),
    log: silentLog,
    clock: realClock,
    rng: seededRng(1),
    agentVersion: 'honest/1'
  })
  await network.start()
  try {
    times.push(await milliseconds(() => network.connect(target, AbortSignal.timeout(5000))))
  } catch {
    refused++
  }
  await network.stop()
  await sleep(PAUSE_MS)
}
const dials = times.length + refused
process.stdout.write(
  `${JSON.stringify({
    honestDials: dials,
    honestPercent: (100 * times.length) / dials,
    dialP50: quantile(times, 0.5),
    dialP95: quantile(times, 0.95),
    socketsSentAway: crowd.closed
  })}\n`
)
