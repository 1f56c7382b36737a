import type { MetricFacts } from './metric-facts.ts'

/** One value, with labels that have few values: never peer ids, hashes, names, paths or addresses. */
export interface Sample {
  value: number
  labels?: Readonly<Record<string, string>>
}

/** One metric: its name ends in its unit, and in `_total` where it only grows. */
export interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  read(facts: MetricFacts): readonly Sample[]
}

/** States of shares and kinds of reach; all are told, so that a curve does not end where nothing is in a state. */
const STATES = ['fetching', 'seeding', 'paused', 'queued', 'checking', 'error', 'offline'] as const
const REACHES = ['direct', 'relayed', 'none', 'unknown'] as const

const gauge = (name: string, help: string, read: Metric['read']): Metric => ({
  name,
  type: 'gauge',
  help,
  read
})
const counter = (name: string, help: string, read: Metric['read']): Metric => ({
  ...{ name, type: 'counter', help },
  read
})
const one = (value: number): Sample[] => [{ value }]
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

const TRANSFER: readonly Metric[] = [
  gauge('p2pshare_connected_peers', 'Peers that are connected.', ({ peers }) => one(peers)),
  gauge('p2pshare_shares', 'Shares by what they are doing.', ({ shares }) =>
    STATES.map((state) => ({
      value: shares.filter((share) => share.state === state).length,
      labels: { state }
    }))
  ),
  gauge('p2pshare_content_bytes', 'Content of all shares.', ({ shares }) =>
    one(sum(shares.map(({ size }) => size)))
  ),
  gauge(
    'p2pshare_verified_content_bytes',
    'Content of all shares that is on disk and verified.',
    ({ shares }) => one(sum(shares.map(({ done }) => done)))
  ),
  counter('p2pshare_sent_bytes_total', 'Content sent to peers since the start.', ({ sent }) => one(sent)),
  counter('p2pshare_received_bytes_total', 'Content received from peers since the start.', ({ received }) =>
    one(received)
  ),
  gauge(
    'p2pshare_limit_bytes_per_second',
    'Rate limits in force; left out where there is none.',
    ({ limits }) =>
      (['up', 'down'] as const).flatMap((direction) => {
        const value = limits[direction]
        return value === null ? [] : [{ value, labels: { direction } }]
      })
  )
]

const NETWORK: readonly Metric[] = [
  gauge('p2pshare_connections', 'Open connections by who began them.', ({ condition }) => {
    const { total, inbound } = condition.connections
    return [
      { value: inbound, labels: { direction: 'inbound' } },
      { value: total - inbound, labels: { direction: 'outbound' } }
    ]
  }),
  gauge('p2pshare_relayed_connections', 'Open connections over a relay.', ({ condition }) =>
    one(condition.connections.relayed)
  ),
  gauge('p2pshare_pending_connections', 'Connections that are being opened.', ({ condition }) =>
    one(condition.connections.pending)
  ),
  gauge('p2pshare_max_connections', 'Most connections that are kept.', ({ condition }) =>
    one(condition.connections.max)
  ),
  gauge('p2pshare_reach_info', '1 for how others can open a connection to this node.', ({ condition }) =>
    REACHES.map((reach) => ({ value: condition.reach === reach ? 1 : 0, labels: { reach } }))
  ),
  gauge('p2pshare_dht_servers', 'Servers in the routing table of each DHT.', ({ condition }) =>
    condition.dhts.map(({ source, servers }) => ({ value: servers, labels: { dht: source } }))
  ),
  gauge('p2pshare_dht_records', 'Records that are kept for others in each DHT.', ({ condition }) =>
    condition.dhts.map(({ source, records }) => ({ value: records, labels: { dht: source } }))
  ),
  gauge('p2pshare_announced_keys', 'Keys of shares that are announced in each DHT.', ({ announcing }) =>
    announcing.map(({ source, announced }) => ({ value: announced, labels: { dht: source } }))
  ),
  gauge('p2pshare_wanted_keys', 'Keys of shares that are to be announced in each DHT.', ({ announcing }) =>
    announcing.map(({ source, total }) => ({ value: total, labels: { dht: source } }))
  ),
  gauge('p2pshare_reserved_relays', 'Relays that keep a place for this node.', ({ condition }) =>
    one(condition.relays.filter(({ state }) => state === 'reserved').length)
  ),
  gauge('p2pshare_relay_places', 'Peers that can be reached through this node.', ({ condition }) =>
    one(condition.relaying.places)
  ),
  gauge('p2pshare_relay_connections', 'Connections through this node.', ({ condition }) =>
    one(condition.relaying.circuits)
  ),
  counter('p2pshare_relay_carried_bytes_total', 'Carried for others since the start.', ({ condition }) =>
    one(condition.relaying.carried)
  ),
  gauge(
    'p2pshare_clock_offset_seconds',
    "How far this machine's clock is ahead of others'; left out while nobody told.",
    ({ condition }) => (condition.clockOffset === undefined ? [] : one(condition.clockOffset / 1000))
  )
]

const PROCESS: readonly Metric[] = [
  gauge('p2pshare_build_info', '1, with the version.', ({ version }) => [{ value: 1, labels: { version } }]),
  gauge('p2pshare_warnings', 'Warnings that `p2pshare status` shows.', ({ warnings }) => one(warnings)),
  gauge('p2pshare_start_time_seconds', 'When the daemon started, since 1970.', ({ startedAt }) =>
    one(startedAt / 1000)
  ),
  counter('p2pshare_cpu_seconds_total', 'Processor time of all threads.', (facts) =>
    one(facts.process.cpuSeconds)
  ),
  counter('p2pshare_main_thread_busy_seconds_total', 'Time in which the main thread was busy.', (facts) =>
    one(facts.process.busySeconds)
  ),
  gauge('p2pshare_resident_memory_bytes', 'Memory of the process.', (facts) =>
    one(facts.process.residentBytes)
  ),
  gauge('p2pshare_heap_bytes', 'Heap of JavaScript in use.', (facts) => one(facts.process.heapBytes))
]

/** Every metric, in the order in which they are told. */
export const METRICS: readonly Metric[] = [...TRANSFER, ...NETWORK, ...PROCESS]
