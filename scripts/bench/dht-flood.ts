import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FloodOrder } from '../../packages/network/test/dht/flood-peers.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, quantile } from '../tool/bench-runs.ts'
import type { FloodServerFigures } from '../tool/dht-flood-server.ts'
import { positiveOption } from '../tool/figures.ts'

/** Honest peers, and records of each. */
const HONEST = { name: 'honest', peers: 3, each: 20_000 }
const FLOODERS = 5
/** Time between two lookups, ms. */
const PAUSE = 20
const MIB = 1024 ** 2

/** A DHT server flooded with records, and what that costs the others. */
export const benchmark: Benchmark = {
  summary:
    'provider records of 5 peers flood a DHT server: what others lose, memory, disk, lookups meanwhile',
  async run(args) {
    const options = benchOptions(args, { records: '2000000', runs: '1' })
    const records = positiveOption(options.records, 'records')
    await benchRuns('dht-flood', positiveOption(options.runs, 'runs'), () => measure(records))
  }
}

async function measure(records: number): Promise<Record<string, number>> {
  await using bed = new TestBed()
  const file = bed.path('catalogue.sqlite')
  const children: ChildProcess[] = []
  const start = (script: string, args: string[] = [], execArgv: string[] = []): ChildProcess => {
    const child = fork(new URL(script, import.meta.url), args, { execArgv })
    children.push(child)
    return child
  }
  try {
    // As the daemon is started.
    const server = start('../tool/dht-flood-server.ts', [file], ['--max-semi-space-size=3'])
    const before = (await answer(server)) as FloodServerFigures
    const [flooders, lookers] = [0, 1].map(() => start('../../packages/network/test/dht/flood-peers.ts'))
    if (flooders === undefined || lookers === undefined) throw new Error('no children')
    const place = { server: before.address, ...HONEST }
    const announced = (await tell(lookers, { do: 'announce', ...place, patient: true })) as {
      seconds: number
    }
    // The heap of a server that answers is another one than that of an idle one, flood or not.
    await tell(lookers, { do: 'count', ...place, each: 1000 })
    const honest = await figuresOf(server)

    const looking = tell(lookers, { do: 'look', ...place, pause: PAUSE })
    const flood = (await tell(flooders, {
      do: 'announce',
      server: before.address,
      name: 'flood',
      peers: FLOODERS,
      each: Math.ceil(records / FLOODERS),
      patient: false
    })) as { seconds: number }
    lookers.send({ do: 'stop' })
    const during = (await looking) as { times: number[]; missing: number }
    const flooded = await figuresOf(server)

    const lookingAfter = tell(lookers, { do: 'look', ...place, pause: PAUSE })
    await sleep(5000)
    lookers.send({ do: 'stop' })
    const after = (await lookingAfter) as { times: number[]; missing: number }
    const { found } = (await tell(lookers, { do: 'count', ...place, each: 1000 })) as { found: number }
    const quiet = await figuresOf(server)
    server.send('stop')
    await once(server, 'exit')

    const again = start('../tool/dht-flood-server.ts', [file], ['--max-semi-space-size=3'])
    await answer(again)
    const loading = performance.now()
    let restarted = await figuresOf(again)
    const first = restarted
    while (restarted.records < quiet.records * 0.99 && performance.now() - loading < 10_000) {
      await sleep(20)
      restarted = await figuresOf(again)
    }
    return {
      honestPerSecond: (HONEST.peers * HONEST.each) / announced.seconds,
      honestLoopMaxMs: honest.loopMax,
      floodPerSecond: records / flood.seconds,
      records: flooded.records,
      honestMissing: 3000 - found + during.missing + after.missing,
      lookups: during.times.length + after.times.length,
      duringP50Ms: quantile(during.times, 0.5),
      duringP95Ms: quantile(during.times, 0.95),
      afterP95Ms: quantile(after.times, 0.95),
      rssBeforeMiB: before.rss / MIB,
      rssHonestMiB: honest.rss / MIB,
      rssPeakMiB: flooded.peakRss / MIB,
      rssGrownMiB: (Math.max(flooded.peakRss, quiet.peakRss) - honest.rss) / MIB,
      loopP99Ms: flooded.loopP99,
      loopMaxMs: flooded.loopMax,
      cpuMicrosecondsPerRecord: ((flooded.cpuSeconds - honest.cpuSeconds) * 1e6) / records,
      diskBytesPerRecord: quiet.diskBytes / quiet.records,
      loadMs: performance.now() - loading,
      loadLoopMaxMs: Math.max(first.loopMax, restarted.loopMax)
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function figuresOf(server: ChildProcess): Promise<FloodServerFigures> {
  server.send('figures')
  return (await answer(server)) as FloodServerFigures
}

async function tell(child: ChildProcess, order: FloodOrder): Promise<unknown> {
  child.send(order)
  return answer(child)
}

/** The next message of a child; fails when it ends instead. */
async function answer(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const { signal } = ended
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal }).then(() => {
        throw new Error('a process of the benchmark ended')
      })
    ])
  } finally {
    ended.abort()
  }
}
