import type {
  DaemonStatus,
  Diagnosis,
  PeerList,
  RemoveRequest,
  ShareChange,
  ShareDetail,
  ShareList
} from '@p2pshare/control'
import { type ControlService, toErrorBody } from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import type { PeerNetwork } from '@p2pshare/ports'
import type { Session, ShareDriver } from '@p2pshare/session'
import type { ReadConfig } from '../config/config.ts'
import type { DiskChoice } from '../config/disk-choice.ts'
import { beginFetch, checkFetch } from './begin-fetch.ts'
import { examine } from '../doctor/examine.ts'
import { followFetch } from './follow-fetch.ts'
import { followRelocate } from './follow-relocate.ts'
import { followSeed, pathOf } from './follow-seed.ts'
import { listEntries } from './list-entries.ts'
import { changeLimits, limitsInForce } from './limit-view.ts'
import { changeQueue, changeStops, resumeShare, stoppingOf } from './control-view.ts'
import { Measuring } from './measure.ts'
import type { ByteCount } from '../metrics/byte-count.ts'
import { readMetrics } from '../metrics/read-metrics.ts'
import type { LinkGate } from '../opening/link-gate.ts'
import { changeRelay } from './relay-view.ts'
import { readFile } from './read-file.ts'
import { selectFiles } from './select-files.ts'
import { reload } from './reload.ts'
import { authorizeCalls } from '../remote/authorize-calls.ts'
import type { AuthorisedPeers } from '../remote/authorised-peers.ts'
import { shareLink } from './share-link.ts'
import { detailOf, rootsView, summaryOf } from './share-view.ts'
import { systemClock } from '../system-clock.ts'
import { watchCalls } from '../watching/watch-view.ts'
import type { Watching } from '../watching/watching.ts'
import { whyView } from './why-view.ts'
import { observeDaemon } from './observe.ts'

/** What the service stands on. */
export interface ServiceParts {
  session: Session
  network: PeerNetwork
  /** In force; `reload` replaces it. */
  watching: Watching
  /** In force; `reload` changes it. */
  disk: DiskChoice
  /** Who may call from other machines. */
  authorised: AuthorisedPeers
  /** What clicks on links may begin. */
  links: LinkGate
  config: DaemonConfig
  /** Reads the configuration anew, from where it came at the start. @throws ShareError `daemon.bad-config` */
  readConfig: () => ReadConfig
  /** Told of every look at the configuration: puts in force what is of no share and no peer. Adds to `warnings` what goes wrong. */
  onReload: (config: DaemonConfig) => Promise<void>
  version: string
  /** Wall time, ms. */
  startedAt: number
  warnings: string[]
  /** Of the configuration as it was read last. */
  configWarnings: string[]
  /** What was sent and received since the start. */
  byteCount: ByteCount
  /** Folder of the daemon's own files. */
  home: string
  /** Ends the daemon soon after the answer is out. */
  stop: () => void
}

/** The daemon as the local API offers it. */
export function createService(parts: ServiceParts): ControlService {
  const { session, network } = parts
  const measuring = new Measuring()
  return {
    async *seed({ paths, name, ...wish }, signal) {
      for (const what of name === undefined ? paths : [{ name, paths }]) {
        try {
          yield* followSeed(session, what, wish, signal)
        } catch (error) {
          if (signal.aborted) throw error
          yield { event: 'failed', path: pathOf(what), error: toErrorBody(error) }
        }
      }
    },
    async *fetch(request, signal) {
      yield* followFetch(session, await beginFetch(parts, request), signal)
    },
    checkFetch: (request) => checkFetch(parts, request),
    observe: (request, signal) => observeDaemon(parts, request, signal),
    entries: (request, signal) => listEntries(parts, request, signal),
    read: (request, signal) => readFile(parts, request, signal),
    select: (request) => selectFiles(session, request),
    list: async (request) => listPage(session, request),
    status: async () => daemonStatus(parts),
    shareStatus: async ({ ref }) => detail(session, session.share(ref)),
    why: async ({ ref }) => whyView(session, ref),
    remove: async (request) => remove(parts, request),
    relocate: ({ ref, path }, signal) => followRelocate(session, session.share(ref), path, signal),
    async pause({ ref }) {
      const driver = session.share(ref)
      session.pause(driver)
      return change(driver)
    },
    async resume({ ref, now }) {
      return resumeShare(session, session.share(ref), now)
    },
    verify: async ({ ref }) => verifyShare(session, session.share(ref)),
    queue: async (request) => changeQueue(session, request),
    stopWhen: async (request) => changeStops(session, request),
    limit: async (request) => changeLimits(session, request),
    relay: async (request) => changeRelay(network.relaying, request),
    reload: async () => reload(parts),
    ...watchCalls(parts.watching, systemClock),
    ...authorizeCalls(parts.authorised, network.self, systemClock),
    peers: async ({ ref }) => peerList(parts, ref === undefined ? undefined : session.share(ref)),
    connect: async ({ address }, signal) => ({ peerId: await network.connect(address, signal) }),
    measure: (request, signal) => measuring.measure(session, request, signal),
    doctor: async () => doctor(parts),
    metrics: async () => ({ text: readMetrics(parts) }),
    id: async () => ({ peerId: network.self, addresses: network.addresses() }),
    async shutdown() {
      parts.stop()
      return { pid: process.pid }
    }
  }
}

async function remove(
  { session, byteCount }: ServiceParts,
  { ref, deleteFiles }: RemoveRequest
): Promise<ShareChange> {
  const driver = session.share(ref)
  byteCount.look(session.shares().map(({ record }) => record))
  await session.remove(driver, deleteFiles)
  return { cid: driver.cid, state: 'removed' }
}

function listPage(session: Session, request: { after?: string | undefined; limit: number }): ShareList {
  const { after } = request
  const drivers = session.shares().sort((a, b) => (a.cid < b.cid ? -1 : 1))
  const rest = after === undefined ? drivers : drivers.filter((driver) => driver.cid > after)
  const page = rest.slice(0, request.limit)
  const last = page.at(-1)
  const next = rest.length > page.length && last !== undefined ? { next: last.cid } : {}
  return { shares: page.map(summaryOf), ...next }
}

function daemonStatus(parts: ServiceParts): DaemonStatus {
  const { session, network } = parts
  const all = session.shares().map((driver) => session.status(driver))
  const announcing = session.announcing()
  return {
    running: true,
    pid: process.pid,
    version: parts.version,
    peerId: network.self,
    addresses: network.addresses(),
    peers: network.peers().length,
    shares: all.length,
    network: parts.config.network,
    startedAt: parts.startedAt,
    rateUp: all.reduce((sum, { rateUp }) => sum + rateUp, 0),
    rateDown: all.reduce((sum, { rateDown }) => sum + rateDown, 0),
    limits: limitsInForce(session),
    announcing: announcing.map(({ warning: _, oldest, ...rest }) => ({ ...rest, oldest: oldest ?? null })),
    // Those of announcing are among them.
    warnings: [...parts.warnings, ...parts.configWarnings, ...network.condition().troubles]
  }
}

function doctor(parts: ServiceParts): Promise<Diagnosis> {
  const { session, network, config, home, version } = parts
  return examine({
    condition: () => network.condition(),
    peerId: network.self,
    network: config.network,
    folders: [
      ['downloads', config.downloads],
      ["the daemon's home", home]
    ],
    reserve: parts.disk.reserve,
    limits: limitsInForce(session),
    ...{ version, warnings: [...parts.warnings, ...parts.configWarnings] }
  })
}

function detail(session: Session, driver: ShareDriver): ShareDetail {
  const link = shareLink(session, driver.record)
  const { up, down } = session.limits.of('share', driver.cid)
  const stopping = stoppingOf(session.controls.stops.view(driver.cid))
  const where = rootsView(session.rootsOf(driver.cid))
  return { ...detailOf(driver, session.status(driver), link), ...where, limits: { up, down }, stopping }
}

function change(driver: ShareDriver): ShareChange {
  const { state, reason } = driver.state
  return { cid: driver.cid, state, ...(reason === undefined ? {} : { reason }) }
}

function peerList({ network }: ServiceParts, driver: ShareDriver | undefined): PeerList {
  const all = network.peers().map(({ peer, ...rest }) => ({ peerId: peer, ...rest }))
  if (driver === undefined) return { peers: all }
  const rates = new Map(driver.swarm?.peers.map((peer) => [peer.peer, peer.rate]))
  const members = [...driver.members.peers.all()]
  return {
    peers: members.flatMap(({ peer, pieces }) => {
      const known = all.find(({ peerId }) => peerId === peer.name)
      if (known === undefined) return []
      return [
        {
          ...known,
          rateDown: rates.get(peer.name) ?? 0,
          ...(pieces === undefined ? {} : { pieces: pieces.count })
        }
      ]
    })
  }
}

function verifyShare(session: Session, driver: ShareDriver): ShareChange {
  const state = session.controls.checks.check(driver)
  return { ...change(driver), state }
}
