import { hash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { HOUR, MINUTE } from '@p2pshare/base'
import type { KeyList, Publication } from '@p2pshare/ports'
import { VirtualClock } from '@p2pshare/testkit'
import { Breather } from '../../packages/network/src/announce/breather.ts'
import { orderOf } from '../../packages/network/src/announce/key-order.ts'
import { FakeDht, manyPeerIds } from '../../packages/network/test/support/fake-dht.ts'
import {
  announceIn,
  ManyNodes,
  placements,
  provideEach,
  threadTime
} from '../../packages/network/test/support/many-nodes/index.ts'
import { memoryValues } from '../../packages/network/test/support/memory-values.ts'
import { systemClock } from '../../packages/network/test/support/nodes.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

/** Keys whose places are looked at. */
const SAMPLE = 200
/** Virtual time of one step, ms. */
const STEP = 10_000
/** Virtual minutes between two looks at memory. */
const LOOK = 7

/** What announcing costs, in a network of real nodes, planned for a very large one, and as kad-dht does it. */
export const benchmark: Benchmark = {
  summary: 'announcing: 20,000 keys on 300 DHT nodes, 1,000,000 keys planned, and beside provide()',
  async run(args) {
    const options = benchOptions(args, {
      ...{ part: 'network', nodes: '300', keys: '20000', servers: '10000', runs: '1' },
      ...{ seed: '1' }
    })
    const number = (name: 'nodes' | 'keys' | 'servers' | 'seed' | 'runs'): number =>
      positiveOption(options[name], name)
    const seed = number('seed')
    const parts: Record<string, () => Promise<Record<string, number>>> = {
      network: () => inNetwork(seed, number('nodes'), number('keys')),
      plan: () => planned(seed, number('servers'), number('keys')),
      provide: () => besideProvide(seed, number('nodes'), number('keys'))
    }
    const measure = parts[options.part]
    if (measure === undefined) {
      process.stderr.write(`--part is one of ${Object.keys(parts).join(', ')}\n`)
      process.exit(2)
    }
    await benchRuns(`announce-${options.part}`, number('runs'), measure)
  }
}

/** Keys made as they are asked for, so that they cost no memory. */
function shareOf(keys: number): Publication {
  const list = (name: string, count: number): KeyList => ({
    count,
    key: (i) => hash('sha256', `${name} ${i}`, 'buffer')
  })
  return {
    share: 'measured',
    root: list('root', 1).key(0),
    files: list('file', 0),
    chunks: list('chunk', keys)
  }
}

/** Real nodes; each measure but `seconds` is what the announcer itself did. */
async function inNetwork(seed: number, nodes: number, keys: number): Promise<Record<string, number>> {
  const net = await ManyNodes.start({ seed, count: nodes + 1 })
  try {
    const node = net.any()
    const share = shareOf(keys)
    const cost = await announceIn(net, node, share)
    const sample = Array.from({ length: SAMPLE }, (_, i) => share.chunks.key(Math.floor((i * keys) / SAMPLE)))
    const placed = placements(net, node, sample, 20)
    return {
      seconds: cost.seconds,
      streamsPerServer: cost.streams / cost.servers,
      lookupsPer100Servers: (100 * cost.lookups) / cost.servers,
      findNode: cost.findNode,
      records: cost.records,
      writes: cost.writes,
      longestStretchMs: cost.longest,
      worstOf20: Math.min(...placed),
      meanOf20: placed.reduce((sum, each) => sum + each, 0) / placed.length,
      rootOf40: placements(net, node, [share.root], 40)[0] ?? 0
    }
  } finally {
    await net.stop()
  }
}

/** One key after another as kad-dht does it, and all of them as we do, in the same network. */
async function besideProvide(seed: number, nodes: number, keys: number): Promise<Record<string, number>> {
  const net = await ManyNodes.start({ seed, count: nodes + 1 })
  try {
    const node = net.any()
    const share = shareOf(keys)
    const own = await announceIn(net, node, share)
    net.resetCounts()
    const began = performance.now()
    await provideEach(node, keys, (i) => share.chunks.key(i))
    const seconds = (performance.now() - began) / 1000
    const streams = net.counts().streamsIn
    const findNode = node.count.of('FIND_NODE')
    const requests = own.findNode + own.writes
    return {
      ...{ provideSeconds: seconds, provideFindNode: findNode, provideStreams: streams },
      ...{ ownSeconds: own.seconds, ownFindNode: own.findNode, ownStreams: own.streams + own.findNode },
      ownRequests: requests,
      ratioOfStreams: streams / (own.streams + own.findNode),
      ratioOfRequests: streams / requests
    }
  } finally {
    await net.stop()
  }
}

/** A day of announcing in virtual time, with perfect lookups and nothing sent. */
async function planned(seed: number, servers: number, keys: number): Promise<Record<string, number>> {
  const [self, ...others] = manyPeerIds(servers + 1, seed)
  if (self === undefined) throw new Error('there is nobody')
  const share = shareOf(keys)
  const sorting = await sorted(shareOf(keys))
  const clock = new VirtualClock()
  const dht = new FakeDht(clock, others)
  dht.keeps = false
  const before = memory()
  const announcer = dht.announcer(self, memoryValues())
  announcer.start()
  announcer.publish(share)
  let peak = 0
  while (announcer.status('measured')?.announced !== keys + 1) {
    await clock.advanceAsync(STEP)
    peak = Math.max(peak, memory() - before)
  }
  const sweep = { lookups: announcer.effort.lookups, streams: dht.streams.length }
  const held = memory() - before
  // The rest of the cycle that it began in, then a whole one.
  await clock.advanceAsync(22 * HOUR)
  const began = { records: dht.records, streams: dht.streams.length, lookups: announcer.effort.lookups }
  let [busiest, last] = [0, dht.records]
  for (let minute = 0; minute < 22 * 60; minute++) {
    await clock.advanceAsync(MINUTE)
    busiest = Math.max(busiest, dht.records - last)
    last = dht.records
    if (minute % LOOK === 0) peak = Math.max(peak, memory() - before)
  }
  const seconds = (22 * HOUR) / 1000
  const stopping = announcer.stop()
  await clock.advanceAsync(MINUTE)
  await stopping
  return {
    ...sorting,
    heldMiB: held / 2 ** 20,
    peakMiB: peak / 2 ** 20,
    firstSweepLookups: sweep.lookups,
    firstSweepStreams: sweep.streams,
    cycleLookups: announcer.effort.lookups - began.lookups,
    cycleStreams: dht.streams.length - began.streams,
    cycleRecords: dht.records - began.records,
    recordsPerSecond: (dht.records - began.records) / seconds,
    busiestMinutePerSecond: busiest / 60,
    streamsPerMinute: (dht.streams.length - began.streams) / (22 * 60)
  }
}

/** Putting the keys in order, in real time. */
async function sorted(share: Publication): Promise<Record<string, number>> {
  const breather = new Breather(systemClock, threadTime)
  const began = performance.now()
  await orderOf(share.chunks, breather, new AbortController().signal)
  return { sortSeconds: (performance.now() - began) / 1000, sortLongestMs: breather.longest }
}

/** Bytes in use after a collection. */
function memory(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
