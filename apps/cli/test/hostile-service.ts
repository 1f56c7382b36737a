import { ShareError } from '@p2pshare/base'
import type { ControlService, ShareDetail, Stopping } from '@p2pshare/control'
import { momentOf, observed } from './frames.ts'
import { CID, detail, phase, STATUS, summary } from './run-cli.ts'

/** Clears the screen, names the window, turns text around, hides, breaks the line. */
export const HOSTILE =
  'a\u001b[2J\u001b]0;x\u0007\u009b31m\u202Egpj.\u2066\u200B\uFEFF\u034F\u{E0041}\u2028\r\nexe'

/** A phase in which every word of others is shown that can be. */
const PHASE = phase({
  phase: 'waiting',
  reason: HOSTILE,
  tried: [{ source: 'lan-dht', outcome: 'failed', providers: 0, text: HOSTILE }]
})
const SHARE = summary({ name: HOSTILE, path: `/x/${HOSTILE}`, reason: HOSTILE, newer: HOSTILE })
const STOPPING: Stopping = {
  rules: { ratio: 2, time: null, replicas: null },
  ...{ own: ['ratio'], ratio: 1, seeded: 0, replicas: 0, stopped: HOSTILE }
}
const DETAIL: ShareDetail = {
  ...detail(SHARE),
  ...{ link: `p2pshare:${CID}?name=x`, stopping: STOPPING, phase: PHASE },
  roots: [{ name: HOSTILE, path: `/x/${HOSTILE}` }],
  rootCount: 1
}
const WAITS = { count: 1, p50: 1, p95: 1, p99: 1, max: 1 }
const PEER = { peerId: HOSTILE, address: HOSTILE, inbound: true, relayed: false, agent: HOSTILE }

const change = async () => ({ cid: CID, state: 'paused' as const, reason: HOSTILE })

/** A daemon that answers every call, and whose shares, peers and paths have the worst names there are. */
export const hostileService: Partial<ControlService> = {
  async *seed({ paths: [path = ''] }) {
    yield { event: 'hashing', path, bytes: 1, totalBytes: 2, files: 1 }
    const skipped = [{ path: HOSTILE, reason: 'fifo' as const }]
    yield { event: 'seeded', path, cid: CID, name: HOSTILE, size: 1, pieces: 1, link: DETAIL.link, skipped }
  },
  async *fetch() {
    yield { event: 'state', cid: CID, name: HOSTILE, state: 'fetching', phase: PHASE }
    yield { event: 'done', cid: CID, name: HOSTILE, path: `/x/${HOSTILE}`, size: 1 }
  },
  async *observe() {
    yield momentOf([observed({ ...SHARE, phase: PHASE })], { network: HOSTILE })
  },
  async *entries() {
    yield { event: 'state', cid: CID, name: HOSTILE, phase: PHASE }
    yield {
      event: 'entries',
      entries: [
        { kind: 'folder', path: HOSTILE, size: 1 },
        { kind: 'file', number: 1, path: `${HOSTILE}/${HOSTILE}`, size: 1, source: `/x/${HOSTILE}` }
      ]
    }
    yield { event: 'done', cid: CID, name: HOSTILE, files: 1, folders: 1, size: 1 }
  },
  async *read() {
    yield { event: 'state', cid: CID, name: HOSTILE, phase: PHASE }
    yield { event: 'file', cid: CID, name: HOSTILE, size: 0, start: 0, end: 0 }
    yield { event: 'done', cid: CID, bytes: 0 }
  },
  select: async () => ({ cid: CID, state: 'fetching', files: 2, size: 2, wantedFiles: 1, wantedSize: 1 }),
  list: async () => ({ shares: [SHARE] }),
  status: async () => ({ ...STATUS, addresses: [HOSTILE], network: HOSTILE, warnings: [HOSTILE] }),
  shareStatus: async () => DETAIL,
  why: async () => ({
    ...{ cid: CID, name: HOSTILE, state: 'fetching' },
    findings: [
      { code: 'no-peers', weight: 'stops', text: HOSTILE, next: HOSTILE, inSeconds: 1, action: HOSTILE }
    ],
    sources: [
      {
        ...{ source: 'lan-dht', state: 'failed', providers: 0 },
        ...{ askedAgo: 1, answeredAgo: 1, nextInSeconds: 1, text: HOSTILE }
      }
    ],
    dials: [
      {
        ...{ peerId: HOSTILE, source: 'lan-dht', addresses: [HOSTILE], outcome: 'failed' },
        ...{ failures: 1, nextInSeconds: 1, text: HOSTILE }
      }
    ]
  }),
  ...{ remove: change, pause: change, resume: change, verify: change },
  async *relocate({ path }) {
    yield { event: 'checking', cid: CID, name: HOSTILE, done: 1, total: 2 }
    yield { event: 'done', cid: CID, name: HOSTILE, path, state: 'seeding', hashed: 1 }
  },
  limit: async () => ({ up: null, down: null, includeLan: false }),
  queue: async () => ({
    ...{ activeFetches: 5, activeVerifies: 1, running: 1, waiting: 0, more: 0 },
    jobs: [{ ...SHARE, place: 1, running: true, stalled: false, forced: false }],
    verifies: [{ cid: CID, name: HOSTILE, running: true }]
  }),
  stopWhen: async () => ({ ...STOPPING, cid: CID, state: 'seeding', reason: HOSTILE }),
  relay: async () => ({
    ...{ mode: 'off', choice: 'auto', text: HOSTILE, places: 0, memberPlaces: 0, maxPlaces: 0 },
    ...{ circuits: 0, relayed: 0, carried: 0, rate: null, signalsLeft: 0 },
    budget: { bytes: null, period: 'day', spent: 0, left: null, resetsAt: 0 },
    ...{ refused: { [HOSTILE]: 1 }, ended: { [HOSTILE]: 1 } }
  }),
  reload: async () => ({ applied: [], pending: [], overruled: [], warnings: [HOSTILE] }),
  watch: async () => ({
    folders: [
      {
        ...{ path: `/x/${HOSTILE}`, state: 'offline', reason: HOSTILE, lastLook: null },
        ...{ shared: 0, waiting: 0, missing: 0, failed: 1, left: 0 },
        entries: [{ name: HOSTILE, state: 'failed', reason: HOSTILE, versions: [{ cid: CID, at: 0 }] }]
      }
    ]
  }),
  unwatch: async ({ path }) => ({ path, state: 'unwatched' }),
  authorize: async () => ({ authorised: [{ peerId: HOSTILE, role: 'read', name: HOSTILE, since: 0 }] }),
  unauthorize: async () => ({ peerId: HOSTILE, name: HOSTILE }),
  peers: async () => ({ peers: [PEER] }),
  connect: async () => ({ peerId: HOSTILE }),
  measure: async () => ({
    ...{ duration: 100, cpuSeconds: 0, memory: 1, busy: 0, eventLoopDelay: WAITS },
    roundTrips: [{ ...WAITS, peerId: HOSTILE }]
  }),
  metrics: async () => ({ text: `# HELP p2pshare_x ${HOSTILE}\n` }),
  id: async () => ({ peerId: HOSTILE, addresses: [HOSTILE] }),
  doctor: async () => ({
    ...{ running: true, usable: true, version: '0.1.0', peerId: HOSTILE, network: HOSTILE },
    checks: [{ name: 'reach', level: 'ok', text: HOSTILE, advice: HOSTILE }],
    condition: {
      ...{ listening: [], reach: 'unknown', nat: 'unknown', addresses: [], relays: [], dhts: [] },
      portMapping: { protocol: 'none', state: 'off', internalPort: 0 },
      relaying: { mode: 'off', places: 0, maxPlaces: 0, circuits: 0, carried: 0 },
      connections: { total: 0, inbound: 0, relayed: 0, pending: 0, max: 1 },
      bootstrap: { given: 0, connected: 0 },
      troubles: [HOSTILE]
    }
  }),
  // Nobody has the highest pid, so it is gone at once.
  shutdown: async () => ({ pid: 2 ** 30 })
}

/** A daemon on another machine that refuses every call in words that no daemon of ours would send. */
export const refusingService = Object.fromEntries(
  Object.keys(hostileService).map((name) => [
    name,
    () => {
      throw new ShareError({ code: 'daemon.refused', fault: 'user', message: HOSTILE, hint: HOSTILE })
    }
  ])
) as Partial<ControlService>

/** Words that the client itself reads an answer by. */
const KEPT = new Set(['event', 'kind'])

function spoilt(value: unknown): unknown {
  if (typeof value === 'string') return HOSTILE
  if (Array.isArray(value)) return value.map(spoilt)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, KEPT.has(key) ? inner : spoilt(inner)])
  )
}

async function* spoiltStream(events: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const event of events) yield spoilt(event)
}

/** What answers on another machine need not be a daemon of ours: each word of its answers is the worst there is. */
export const foreignService = Object.fromEntries(
  Object.entries(hostileService).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      const answer = (call as (...args: unknown[]) => Promise<unknown> | AsyncIterable<unknown>)(...args)
      return Symbol.asyncIterator in answer ? spoiltStream(answer) : answer.then(spoilt)
    }
  ])
) as Partial<ControlService>
