import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type NamespaceHost, onHost } from '../../test/harness/namespace-host.ts'
import { WideNetwork } from '../../test/harness/wide-network/wide-network.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

const MiB = 1024 ** 2
const DAY = 24 * 60
/** Time to join, announce and fill the routing table before anything is counted, in ms. */
const SETTLE_MS = 90_000
const PEERS = fileURLToPath(new URL('idle-peers.ts', import.meta.url))
const LINE = { rate: 12.5e6, rtt: 20, loss: 0, seed: 1, congestion: 'cubic' }

type Figures = Record<'megabytesADay' | 'receivedADay' | 'sentADay' | 'connections', number>

/** What a daemon with one share sends and receives while nobody asks for anything. */
export const benchmark: Benchmark = {
  summary:
    'MB a day of an idle daemon with one share, whole IP packets, both directions; --peers 30 --minutes 10',
  async run(args) {
    const options = benchOptions(args, { peers: '30', minutes: '10', runs: '1' })
    const missing = WideNetwork.missing()
    if (missing !== undefined) {
      process.stderr.write(`idle: left out, ${missing}\n`)
      return
    }
    const peers = positiveOption(options.peers, 'peers')
    const minutes = positiveOption(options.minutes, 'minutes')
    await benchRuns('idle', positiveOption(options.runs, 'runs'), () => measure(peers, minutes))
  }
}

async function measure(peers: number, minutes: number): Promise<Figures> {
  await using network = await WideNetwork.open({ ...LINE, hosts: 2 })
  const [own, others] = network.hosts as [NamespaceHost, NamespaceHost]
  const [program, args] = onHost(others, [process.execPath, PEERS, others.address, String(peers)])
  const crowd = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const lines = createInterface({ input: crowd.stdout })
    const [first] = (await once(lines, 'line', { signal: AbortSignal.timeout(60_000) })) as [string]
    await using bed = new TestBed()
    // It knows all of them, so that it has as many connections.
    const daemon = await bed.daemon('idle', { host: own, bootstrap: JSON.parse(first) as string[] })
    const file = bed.path('share.bin')
    await writeRandomFile(file, MiB, 1)
    await daemon.run(['seed', file])
    await sleep(SETTLE_MS)
    const before = await network.traffic()
    const minutely = [before]
    for (let minute = 0; minute < minutes; minute++) {
      await sleep(60_000)
      minutely.push(await network.traffic())
      const [now, last] = [minutely.at(-1), minutely.at(-2)] as [typeof before, typeof before]
      process.stderr.write(
        `${minute + 1} min: ${now.received.map((bytes, i) => bytes - (last.received[i] ?? 0))}\n`
      )
    }
    const { peers: connections } = (await daemon.run(['status'])).json()
    const after = minutely.at(-1) ?? before
    const [received, sent] = after.received.map((bytes, i) =>
      aDay(bytes - (before.received[i] ?? 0), minutes)
    )
    return {
      megabytesADay: (received ?? 0) + (sent ?? 0),
      receivedADay: received ?? 0,
      sentADay: sent ?? 0,
      connections: Number(connections)
    }
  } finally {
    crowd.stdin.end()
  }
}

/** Megabytes a day. */
function aDay(bytes: number, minutes: number): number {
  return ((bytes / minutes) * DAY) / 1e6
}
