import { plainTcp } from '../../test/harness/wide-network/plain-tcp.ts'
import { type WideHost, WideNetwork } from '../../test/harness/wide-network/wide-network.ts'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage } from '../tool/process-usage.ts'
import { timedFetch } from '../tool/timed-fetch.ts'

const MiB = 1024 ** 2
/** Time in which daemons that were just started connect and announce what they have, in ms. */
const SETTLE_MS = 2_500

/**
 * Of one run: seconds of the command, parts of the line (of whole IP packets, so plain TCP fills 0.965 of it), the
 * part in the middle of the transfer, the same of one plain TCP stream with as many bytes, and the ratio of the two.
 */
type Figures = Record<
  | 'seconds'
  | 'partOfLine'
  | 'steadyPart'
  | 'tcpSeconds'
  | 'tcpPart'
  | 'toTcp'
  | 'seederCpu'
  | 'fetcherCpu'
  | 'seederPeakMiB'
  | 'fetcherPeakMiB'
  | 'relayCpu',
  number
>

interface Plan {
  size: number
  peers: number
  rate: number
  rtt: number
  loss: number
  congestion: string
}

/** A fetch over long, narrow and perhaps lossy lines under the kernel's TCP, in namespaces of its own. */
export const benchmark: Benchmark = {
  summary: 'a fetch over 100 Mbit/s with 100 ms round trip beside a plain TCP stream; --loss 2 --peers 4',
  async run(args) {
    const defaults = {
      mbits: '100',
      rtt: '100',
      loss: '0',
      peers: '1',
      congestion: 'cubic',
      runs: '3',
      mib: ''
    }
    const options = benchOptions(args, defaults)
    const missing = WideNetwork.missing()
    if (missing !== undefined) {
      process.stderr.write(`wan: left out, ${missing}; wan-proxy does without\n`)
      return
    }
    const loss = options.loss === '0' ? 0 : positiveOption(options.loss, 'loss') / 100
    const plan = {
      size: positiveOption(options.mib || (loss === 0 ? '128' : '8'), 'mib') * MiB,
      peers: positiveOption(options.peers, 'peers'),
      rate: (positiveOption(options.mbits, 'mbits') * 1e6) / 8,
      rtt: positiveOption(options.rtt, 'rtt'),
      loss,
      congestion: options.congestion
    }
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, plan.size, 1)
    let seed = 0
    await benchRuns('wan', positiveOption(options.runs, 'runs'), () => measure(source, plan, ++seed))
  }
}

async function measure(source: string, plan: Plan, seed: number): Promise<Figures> {
  await using network = await WideNetwork.open({ ...plan, hosts: plan.peers + 1, seed })
  process.stderr.write(`TCP: ${network.congestion}\n`)
  const [here, ...there] = network.hosts as [WideHost, ...WideHost[]]
  const limit = 600_000
  const tcpSeconds = await plainTcp({ from: there[0] as WideHost, to: here, bytes: plan.size, limit })
  await using bed = new TestBed()
  const seeders: DaemonProcess[] = []
  let cid = ''
  for (const [i, host] of there.entries()) {
    const seeder = await bed.daemon(`seeder-${i + 1}`, { host, bootstrap: seeders.slice(0, 1) })
    cid = String((await seeder.run(['seed', source], { limit })).json()['cid'])
    seeders.push(seeder)
  }
  const fetcher = await bed.daemon('fetcher', { host: here, bootstrap: seeders.slice(0, 1) })
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const { seconds, steadyRate } = await timedFetch(fetcher, cid, bed.path('fetched.bin'), limit)
  const partOfLine = plan.size / seconds / plan.rate
  const tcpPart = plan.size / tcpSeconds / plan.rate
  const used = seeders.map(({ pid }) => processUsage(pid))
  const own = processUsage(fetcher.pid)
  return {
    seconds,
    partOfLine,
    steadyPart: steadyRate / plan.rate,
    tcpSeconds,
    tcpPart,
    toTcp: partOfLine / tcpPart,
    seederCpu: Math.max(...used.map((usage) => usage?.cpuSeconds ?? Number.NaN)),
    fetcherCpu: own?.cpuSeconds ?? Number.NaN,
    seederPeakMiB: Math.max(...used.map((usage) => (usage?.peakRss ?? Number.NaN) / MiB)),
    fetcherPeakMiB: (own?.peakRss ?? Number.NaN) / MiB,
    relayCpu: processUsage(network.pid)?.cpuSeconds ?? Number.NaN
  }
}
