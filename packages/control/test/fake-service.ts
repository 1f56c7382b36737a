import { ShareError } from '@p2pshare/base'
import {
  type ControlService,
  type Diagnosis,
  type FetchEvent,
  type Moment,
  RawPart,
  type SharePhase
} from '../src/index.ts'

export const CID = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

export const phase = (more: Partial<SharePhase> = {}): SharePhase => ({
  phase: 'finding',
  found: 0,
  connected: 0,
  tried: [],
  pieces: 0,
  totalPieces: 0,
  done: 0,
  total: 0,
  rate: 0,
  peers: 0,
  etaMs: null,
  reason: null,
  ...more
})

export const MOMENT: Moment = {
  ...{
    at: 1,
    version: '0.1.0',
    network: 'local',
    startedAt: 0,
    peers: 1,
    relayed: 0,
    rateUp: 0,
    rateDown: 1.5
  },
  limits: { up: null, down: null, includeLan: false, why: 'normal' },
  states: { fetching: 1 },
  shares: [
    {
      ...{ cid: CID, name: 'x', size: 4, done: 1, state: 'fetching', path: '/x', pieces: 4, uploaded: 0 },
      ...{ downloaded: 1, rateUp: 0, rateDown: 1.5, peers: 1, relayed: 0, availability: 1, map: '#+-.' },
      phase: phase()
    }
  ],
  more: 0
}

const WAITS = { count: 1, p50: 1, p95: 2, p99: 2.5, max: 3 }

const CONDITION: Diagnosis['condition'] = {
  listening: [],
  reach: 'unknown',
  nat: 'unknown',
  addresses: [],
  portMapping: { protocol: 'none', state: 'off' },
  relays: [],
  relaying: { mode: 'off', places: 0, maxPlaces: 0, circuits: 0, carried: 0 },
  dhts: [],
  connections: { total: 0, inbound: 0, relayed: 0, pending: 0, max: 200 },
  bootstrap: { given: 0, connected: 0 },
  troubles: []
}

const unknown = (): never => {
  throw new ShareError({
    code: 'daemon.unknown-share',
    fault: 'user',
    message: 'no such share',
    hint: 'See list.'
  })
}

/** Every call answers something valid; tests replace what they look at. */
export function fakeService(parts: Partial<ControlService> = {}): ControlService {
  return {
    async *seed({ paths }) {
      for (const path of paths) {
        yield { event: 'hashing', path, bytes: 1, totalBytes: 2, files: 1 }
        yield {
          event: 'seeded',
          path,
          cid: CID,
          name: 'x',
          size: 2,
          pieces: 1,
          link: `p2pshare:${CID}`,
          skipped: []
        }
      }
    },
    async *fetch(): AsyncGenerator<FetchEvent> {
      yield { event: 'state', cid: CID, name: 'x', state: 'fetching', phase: phase() }
      yield { event: 'done', cid: CID, name: 'x', path: '/x', size: 2 }
    },
    async *observe() {
      yield MOMENT
    },
    async *entries() {
      yield { event: 'done', cid: CID, name: 'x', files: 0, folders: 0, size: 0 }
    },
    async *read() {
      yield { event: 'file', cid: CID, name: 'x', size: 3, start: 0, end: 3 }
      yield new RawPart(Uint8Array.of(10, 123, 255))
      yield { event: 'done', cid: CID, bytes: 3 }
    },
    select: async () => ({ cid: CID, state: 'fetching' }),
    list: async () => ({ shares: [] }),
    watch: async () => ({ folders: [] }),
    unwatch: async ({ path }) => ({ path, state: 'unwatched' }),
    authorize: async () => ({ authorised: [] }),
    unauthorize: async ({ peer }) => ({ peerId: peer }),
    status: async () => ({
      running: true,
      pid: 1,
      version: '0.1.0',
      peerId: '12D3',
      addresses: [],
      peers: 0,
      shares: 0,
      network: 'local',
      startedAt: 0,
      rateUp: 0,
      rateDown: 0,
      limits: { up: null, down: null, includeLan: false, why: 'normal' },
      announcing: [],
      warnings: []
    }),
    checkFetch: async () => ({ cid: CID }),
    shareStatus: async () => unknown(),
    why: async () => ({
      cid: CID,
      name: 'x',
      state: 'fetching',
      findings: [
        { code: 'nobody-has-it', weight: 'stops', text: 'Nobody.', next: null, inSeconds: 3, action: null }
      ],
      sources: [],
      dials: []
    }),
    remove: async () => ({ cid: CID, state: 'removed' }),
    async *relocate({ path }) {
      yield { event: 'checking', done: 1, total: 2 }
      yield { event: 'done', cid: CID, name: 'x', path, state: 'seeding', hashed: 2 }
    },
    pause: async () => ({ cid: CID, state: 'paused' }),
    resume: async () => ({ cid: CID, state: 'seeding' }),
    verify: async () => ({ cid: CID, state: 'checking' }),
    relay: async () => ({
      mode: 'off',
      choice: 'auto',
      text: 'Nobody can reach it.',
      places: 0,
      memberPlaces: 0,
      maxPlaces: 0,
      circuits: 0,
      relayed: 0,
      carried: 0,
      budget: { bytes: null, period: 'day', spent: 0, left: null, resetsAt: 0 },
      rate: null,
      signalsLeft: 0,
      refused: {},
      ended: {}
    }),
    queue: async () => ({
      ...{ activeFetches: 5, activeVerifies: null, running: 1, waiting: 0, more: 0 },
      jobs: [
        {
          ...{ place: 1, cid: CID, name: 'x', size: 0, done: 0, state: 'fetching' },
          ...{ running: true, stalled: false, forced: false }
        }
      ],
      verifies: [{ cid: CID, name: 'x', running: false }]
    }),
    stopWhen: async () => ({
      ...{ cid: CID, state: 'seeding', rules: { ratio: 2, time: null, replicas: 3 }, own: ['ratio'] },
      ...{ ratio: 0.5, seeded: 1000, replicas: 1, stopped: null }
    }),
    limit: async () => ({ up: null, down: null, includeLan: false }),
    reload: async () => ({ applied: ['up'], pending: [], overruled: [], warnings: [] }),
    peers: async () => ({ peers: [] }),
    connect: async () => ({ peerId: '12D3' }),
    measure: async ({ duration }) => ({
      duration,
      cpuSeconds: 0,
      memory: 1,
      busy: 0,
      eventLoopDelay: WAITS,
      roundTrips: [{ peerId: '12D3', ...WAITS }]
    }),
    metrics: async () => ({ text: 'p2pshare_warnings 0\n' }),
    id: async () => ({ peerId: '12D3', addresses: [] }),
    doctor: async () => ({
      running: true,
      usable: true,
      version: '0.1.0',
      peerId: '12D3',
      network: 'local',
      checks: [{ name: 'reach', level: 'ok', text: 'It is.' }],
      condition: CONDITION
    }),
    shutdown: async () => ({ pid: 1 }),
    ...parts
  }
}
