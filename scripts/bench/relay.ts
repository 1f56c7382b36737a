import { setTimeout as sleep } from 'node:timers/promises'
import { createControlClient } from '@p2pshare/control/client'
import { askHop, connectionTo } from '../../packages/network/test/relay/relay-client.ts'
import {
  circuit,
  connectTo,
  counted,
  RESERVE,
  type Target,
  target
} from '../../packages/network/test/relay/raw-circuit.ts'
import { rawPeer, stopRawPeers } from '../../packages/network/test/support/raw-peer.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage, residentMemory } from '../tool/process-usage.ts'

const MiB = 2 ** 20
/** Circuits of each peer at either end, two to each of four others: as many as there may be. */
const PER_PEER = 8
const PER_PAIR = 2
const THROUGHPUT = 200 * MiB
/** Each direction of each circuit is offered this much. */
const OFFERED = 2 * MiB

type Relay = Awaited<ReturnType<typeof startRelay>>

/** What it costs to relay, for good users and for bad ones. */
export const benchmark: Benchmark = {
  summary:
    'a relay: speed of one circuit, memory of 100 circuits that nobody reads, 10,000 wishes for a place',
  async run(args) {
    const options = benchOptions(args, { runs: '3', circuits: '100', requests: '10000' })
    const circuits = positiveOption(options.circuits, 'circuits')
    const requests = positiveOption(options.requests, 'requests')
    await benchRuns('relay', positiveOption(options.runs, 'runs'), async () => {
      try {
        return { ...(await speed()), ...(await unread(circuits)), ...(await flood(requests)) }
      } finally {
        await stopRawPeers()
      }
    })
  }
}

async function startRelay() {
  const bed = new TestBed()
  const daemon = await bed.daemon('relay', { env: { P2PSHARE_RELAY: 'data', P2PSHARE_RELAY_BUDGET: 'none' } })
  const client = createControlClient({ socketPath: daemon.ready.socket })
  return {
    address: daemon.multiaddrs[0] ?? '',
    pid: daemon.pid,
    client,
    [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]()
  }
}

async function speed() {
  await using relay = await startRelay()
  const goal = await target(relay.address)
  const { near, far } = await circuit(await connectionTo(await rawPeer(), relay.address), goal)
  const there = counted(far)
  const slice = new Uint8Array(64 * 1024)
  const took = await milliseconds(async () => {
    for (let sent = 0; sent < THROUGHPUT; sent += slice.byteLength)
      if (!near.send(slice))
        await new Promise((resolve) => near.addEventListener('drain', resolve, { once: true }))
    while (there.bytes < THROUGHPUT) await sleep(5)
  })
  const cpu = processUsage(relay.pid)?.cpuSeconds ?? Number.NaN
  return { speedMBs: THROUGHPUT / 1e3 / took, relayCpuPerGiB: (cpu * 2 ** 30) / THROUGHPUT }
}

/** Circuits whose both ends send and do not read. */
async function unread(count: number) {
  await using relay = await startRelay()
  const before = residentMemory(relay.pid)
  await openUnread(relay, count)
  let after = 0
  for (let carried = -1; ; ) {
    await sleep(1000)
    after = Math.max(after, residentMemory(relay.pid))
    const now = (await relay.client.relay()).carried
    if (now === carried) break
    carried = now
  }
  const { circuits } = await relay.client.relay()
  if (circuits !== count) throw new Error(`${circuits} circuits, not ${count}`)
  return { unreadMiB: (after - before) / MiB, unreadMiBPerCircuit: (after - before) / MiB / count }
}

async function openUnread({ address }: Relay, count: number): Promise<void> {
  const goals: Target[] = []
  for (let i = 0; i * PER_PEER < count; i++) goals.push(await target(address))
  for (let i = 0, open = 0; open < count; i++) {
    const connection = await connectionTo(await rawPeer(), address)
    for (let n = 0; n < PER_PEER && open < count; n++, open++) {
      const goal = goals[(i + Math.floor(n / PER_PAIR)) % goals.length] as Target
      const { near, far } = await circuit(connection, goal)
      for (const end of [near, far]) end.pause()
      for (const end of [near, far]) end.send(new Uint8Array(OFFERED))
    }
  }
}

async function flood(requests: number) {
  await using relay = await startRelay()
  const goal = await target(relay.address)
  const peer = await rawPeer()
  const before = residentMemory(relay.pid)
  const cpuBefore = processUsage(relay.pid)?.cpuSeconds ?? Number.NaN
  const delays = relay.client.measure({ duration: 10_000 })
  const messages = [RESERVE, connectTo(goal.node.peerId)]
  let next = 0
  const ask = async (): Promise<void> => {
    while (next < requests) {
      const message = messages[next++ % 10 === 0 ? 1 : 0] ?? RESERVE
      try {
        // One that was closed for asking too often is dialled again.
        const { stream } = await askHop(await connectionTo(peer, relay.address), message)
        await stream.close()
      } catch {
        // In flight when the relay closed the connection: that is its answer.
      }
    }
  }
  const took = await milliseconds(() => Promise.all(Array.from({ length: 6 }, ask)))
  const { eventLoopDelay } = await delays
  const cpu = (processUsage(relay.pid)?.cpuSeconds ?? Number.NaN) - cpuBefore
  return {
    requestsPerSecond: (requests * 1000) / took,
    relayCpuMsPerRequest: (cpu * 1000) / requests,
    floodMiB: (residentMemory(relay.pid) - before) / MiB,
    relayLoopP99Ms: eventLoopDelay.p99,
    placesAfter: (await relay.client.relay()).places
  }
}
