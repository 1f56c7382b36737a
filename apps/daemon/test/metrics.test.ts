import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ByteCount } from '../src/metrics/byte-count.ts'
import type { MetricFacts } from '../src/metrics/metric-facts.ts'
import { METRICS } from '../src/metrics/metric-table.ts'
import { metricsText } from '../src/metrics/metrics-text.ts'

const FACTS: MetricFacts = {
  version: '0.1.0',
  startedAt: 1_500_000_000_500,
  peers: 3,
  shares: [
    { state: 'seeding', size: 100, done: 100 },
    { state: 'fetching', size: 50, done: 20 }
  ],
  sent: 7,
  received: 2 ** 40,
  limits: { up: 5e6, down: null },
  announcing: [{ source: 'lan-dht', announced: 4, total: 9 }],
  warnings: 1,
  condition: {
    reach: 'relayed',
    connections: { total: 9, inbound: 4, relayed: 1, pending: 2, max: 300 },
    dhts: [{ source: 'lan-dht', mode: 'server', servers: 20, estimatedSize: undefined, records: 11 }],
    relays: [
      { relay: 'secret-peer' as never, state: 'reserved', expires: 1, text: undefined },
      { relay: 'other-peer' as never, state: 'lost', expires: 1, text: undefined }
    ],
    relaying: { mode: 'signals', places: 5, maxPlaces: 32, circuits: 2, carried: 77, left: undefined },
    clockOffset: undefined
  },
  process: { cpuSeconds: 1.5, residentBytes: 8e7, heapBytes: 3e7, busySeconds: 0.25 }
}

const SAMPLE = /^([a-z][a-z0-9_]*)(?:\{([a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*)\})? (\S+)$/

/** Values by name and labels, as a reader of the format takes them; throws where a line is none of it. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>()
  let name = ''
  for (const line of text.trimEnd().split('\n')) {
    const help = /^# HELP (\S+) \S.*\.$/.exec(line)?.[1]
    if (help !== undefined) name = help
    else if (!line.startsWith(`# TYPE ${name} `)) {
      const [, own, labels = '', value] = SAMPLE.exec(line) ?? []
      if (own !== name) throw new Error(`no line of ${name}: ${line}`)
      if (values.has(`${own} ${labels}`)) throw new Error(`twice: ${line}`)
      values.set(`${own} ${labels}`, Number(value))
    }
  }
  return values
}

describe("Prometheus' text", () => {
  test('says what there is', () => {
    const values = parse(metricsText(FACTS))
    expect(Object.fromEntries(values)).toMatchObject({
      'p2pshare_connected_peers ': 3,
      'p2pshare_shares state="fetching"': 1,
      'p2pshare_shares state="error"': 0,
      'p2pshare_content_bytes ': 150,
      'p2pshare_verified_content_bytes ': 120,
      'p2pshare_sent_bytes_total ': 7,
      'p2pshare_received_bytes_total ': 2 ** 40,
      'p2pshare_limit_bytes_per_second direction="up"': 5e6,
      'p2pshare_connections direction="outbound"': 5,
      'p2pshare_reach_info reach="relayed"': 1,
      'p2pshare_reach_info reach="direct"': 0,
      'p2pshare_dht_records dht="lan-dht"': 11,
      'p2pshare_wanted_keys dht="lan-dht"': 9,
      'p2pshare_reserved_relays ': 1,
      'p2pshare_relay_carried_bytes_total ': 77,
      'p2pshare_build_info version="0.1.0"': 1,
      'p2pshare_start_time_seconds ': 1_500_000_000.5,
      'p2pshare_cpu_seconds_total ': 1.5
    })
    expect([...values.values()].every(Number.isFinite)).toBe(true)
  })

  test('leaves out what is not known or not limited, whole', () => {
    const text = metricsText(FACTS)
    expect(text).not.toContain('direction="down"')
    expect(text).not.toContain('p2pshare_clock_offset_seconds')
    const condition = { ...FACTS.condition, clockOffset: -1500 as never }
    expect(metricsText({ ...FACTS, condition })).toContain('\np2pshare_clock_offset_seconds -1.5\n')
  })

  test('names no peer', () => {
    expect(metricsText(FACTS)).not.toContain('peer"')
    expect(metricsText(FACTS)).not.toContain('secret-peer')
  })

  test('a label is escaped', () => {
    const line = metricsText({ ...FACTS, version: 'a"b\\c\nd' })
    expect(line).toContain('p2pshare_build_info{version="a\\"b\\\\c\\nd"} 1\n')
  })
})

/** What a name may end in: the unit, or the things that are counted. */
const UNITS = ['bytes', 'seconds', 'bytes_per_second', 'info']
const THINGS = [
  'peers',
  'shares',
  'connections',
  'servers',
  'records',
  'keys',
  'relays',
  'places',
  'warnings'
]

test.each(METRICS.map((metric) => [metric.name, metric] as const))('%s ends in its unit', (name, metric) => {
  expect(name).toMatch(/^p2pshare_[a-z_]+$/)
  expect(name.endsWith('_total')).toBe(metric.type === 'counter')
  const unit = name.replace(/_total$/, '')
  expect(
    [...UNITS, ...THINGS].some((one) => unit.endsWith(`_${one}`)),
    name
  ).toBe(true)
})

test('names are there once', () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
})

test('the dashboard shows every metric, and none that there is not; rates are of counters', () => {
  const dashboard = JSON.parse(
    readFileSync(new URL('../../../docs/grafana.json', import.meta.url), 'utf8')
  ) as {
    panels: { id: number; targets: { expr: string }[] }[]
  }
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const used = new Set(expressions.flatMap((expr) => expr.match(/\bp2pshare_[a-z_]+/g) ?? []))
  expect([...used].sort()).toEqual(METRICS.map(({ name }) => name).sort())
  for (const expr of expressions) {
    const counters = METRICS.filter(({ name, type }) => type === 'counter' && expr.includes(`${name}{`))
    expect(expr.includes('rate('), expr).toBe(counters.length > 0)
  }
  const labels = new Set(
    METRICS.flatMap((metric) => metric.read(FACTS).flatMap(({ labels: l = {} }) => Object.keys(l)))
  )
  const shown = JSON.stringify(dashboard).match(/\{\{[a-z]+\}\}/g) ?? []
  for (const label of shown) expect([...labels]).toContain(label.slice(2, -2))
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
})

test('what was sent only grows: over restarts from nothing, and when shares go and come', () => {
  const share = (cid: string, uploaded: number, downloaded = 0) => ({ cid, uploaded, downloaded })
  const count = new ByteCount([share('a', 100, 40)])
  count.look([share('a', 150, 40), share('b', 7, 3)])
  expect([count.sent, count.received]).toEqual([57, 3])
  count.look([share('b', 8, 3)])
  expect([count.sent, count.received]).toEqual([58, 3])
  count.look([share('a', 5, 1), share('b', 8, 3)])
  expect([count.sent, count.received]).toEqual([63, 4])
})

test('what is read of a share again and again counts each time, though its total begins anew', () => {
  const share = (downloaded: number) => ({ cid: 'read', uploaded: 0, downloaded })
  const count = new ByteCount([])
  for (const [downloaded, sum] of [
    [3, 3],
    [2, 5],
    [2, 7]
  ] as const) {
    // A scrape in the middle, and the end.
    count.look([share(1)])
    count.lookLast(share(downloaded), [])
    expect(count.received).toBe(sum)
  }
})
