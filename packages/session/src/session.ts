import { type Millis, millis, pieceIndex, SECOND, ShareError } from '@p2pshare/base'
import { canonicalCid, parseCid, parseShareRef, type ShareKey, type ShareRef } from '@p2pshare/content'
import { BufferBudget, PeerMemory, RequestBudget } from '@p2pshare/engine'
import type {
  AnnouncingStatus,
  PeerInfo,
  RelocateOptions,
  SeveralPaths,
  ShareRecord,
  ShareRoot
} from '@p2pshare/ports'
import { PresenceWatch } from './away/presence-watch.ts'
import { ShareMounts } from './away/share-mounts.ts'
import { LimitKeeper } from './limits/limit-keeper.ts'
import { Choking } from './serving/choking.ts'
import { Controls } from './controls.ts'
import { NetworkPlace } from './finding/network-place.ts'
import { KnownPeers } from './finding/known-peers.ts'
import { LinkTable } from './peers/link-table.ts'
import { NodeBlocks } from './serving/local-blocks.ts'
import type { NodeParts, SessionPorts } from './node-parts.ts'
import { relocateShare } from './share/relocate-share.ts'
import { seedPath } from './seeding/seed-path.ts'
import type { SeededShare, SeedOptions } from './seeding/seeded-record.ts'
import { becomeOlder, forgetNewerVersion } from './seeding/older-version.ts'
import { peerWorth } from './peers/peer-worth.ts'
import { flowOf, SessionLinks } from './peers/session-links.ts'
import { planFetch, takeKeyOf, type FetchWish } from './fetching/fetch-plan.ts'
import { hasWish } from './wishes/file-wish.ts'
import { Readings, type SharesToRead } from './reading/readings.ts'
import { IndexLooks } from './looking/index-looks.ts'
import { SpaceKeeper } from './space/space-keeper.ts'
import { ShareDriver } from './share/share-driver.ts'
import { type ShareStatus, statusOf } from './share/share-status.ts'
import { ReplicaCensus } from './stopping/replica-census.ts'
import { TrustKeeper } from './peers/trust-keeper.ts'
import { explain } from './why/explain.ts'
import { factsOf } from './why/facts-of.ts'
import { WaitingWords } from './why/waiting-words.ts'
import type { WhyReport } from './why/why-facts.ts'
import { readRequest } from './serving/read-request.ts'
import { Uploader } from './serving/uploader.ts'

/** A link without any use is closed after this. */
const UNUSED_LINK = millis(30 * SECOND)
/** All shares of this node and their swarms; what the daemon drives. */
export class Session {
  /** Rate limits of this node, its shares and its peers. */
  readonly limits: LimitKeeper
  /** Shares that somebody looks at without fetching them. */
  readonly looks: IndexLooks
  /** Which shares work now, which wait, and which have done enough. */
  readonly controls: Controls
  /** Files that somebody reads, of shares that are here and of others. */
  readonly readings: Readings
  readonly #parts: NodeParts
  readonly #drivers = new Map<string, ShareDriver>()
  readonly #uploader: Uploader
  readonly #blocks: NodeBlocks
  readonly #waiting = new WaitingWords()
  readonly #place: NetworkPlace
  readonly #presence: PresenceWatch
  readonly #census: ReplicaCensus
  #stopTick: (() => void) | undefined

  constructor(ports: SessionPorts) {
    const links = new LinkTable(ports.clock)
    const trust = new TrustKeeper({ ...ports, links })
    const budget = new RequestBudget()
    const choking = new Choking({ ...ports, links })
    this.#blocks = new NodeBlocks(ports.catalogue, (cid) => this.#drivers.get(cid))
    this.#place = new NetworkPlace(ports.network)
    const { clock, catalogue, rng, startLimits: config = {} } = ports
    const knownPeers = new KnownPeers(catalogue.values('peers'))
    const found = { peerMemory: new PeerMemory({ rng }), knownPeers }
    this.controls = new Controls({
      ...{ catalogue, clock, choice: ports.startControls, limits: () => this.limits },
      pause: (cid, reason) => this.#hold(cid, reason)
    })
    this.#parts = {
      ...ports,
      ...found,
      ...{ links, trust, budget, buffers: new BufferBudget(), choking, localBlocks: this.#blocks },
      ...{ turns: this.controls, replicas: this.controls.replicas },
      ...{ space: new SpaceKeeper(ports), mounts: new ShareMounts(ports) }
    }
    this.#presence = new PresenceWatch(this.#parts, () => this.#drivers.values())
    this.looks = new IndexLooks(this.#parts)
    this.#census = this.#openCensus()
    this.readings = new Readings(this.#parts, this.#sharesToRead())
    this.limits = new LimitKeeper({ values: catalogue.values('limits'), config, clock, budget })
    this.#uploader = this.#openUploader(ports)
    choking.onChoke((peer, cid) => this.#uploader.choke(peer, cid))
    const shares = { find: (cid: string) => this.#drivers.get(cid), all: () => this.#drivers.values() }
    const { looks, limits } = this
    const owner = new SessionLinks(this.#parts, {
      shares,
      looks,
      limits,
      uploader: this.#uploader,
      blocks: this.#blocks
    })
    ports.network.onLink((link) => links.add(link, owner))
    ports.network.relaying.preferMembers((peer) => this.hasMember(peer))
    const sources = {
      find: (peer: string) => links.find(peer),
      drivers: () => [...this.#drivers.values(), ...this.looks.all()]
    }
    ports.network.setWorth((peer) => peerWorth(sources, peer))
  }

  /** Takes up every share that the catalogue has, without re-hashing what is unchanged. */
  start(): void {
    this.#parts.trust.start()
    this.limits.start()
    const left = this.readings.clear()
    for (const record of this.#parts.catalogue.shares()) {
      if (left.has(record.cid)) continue
      if (parseCid(record.cid) !== undefined) this.#add(record).start()
      else this.#parts.log.error({ cid: record.cid }, 'a share in the catalogue has no valid hash; left out')
    }
    this.#presence.start()
    this.controls.start((cid) => this.#drivers.get(cid))
    this.#tick()
  }

  /** Stops all work and closes all files; the network is the caller's. */
  async stop(): Promise<void> {
    this.#stopTick?.()
    this.limits.stop()
    this.controls.stop()
    this.#census.stop()
    this.looks.stop()
    await this.readings.stop()
    this.#parts.space.stop()
    this.#presence.stop()
    this.#parts.choking.stop()
    await Promise.all([...this.#drivers.values()].map((driver) => driver.stop()))
  }

  shares(): ShareDriver[] {
    return [...this.#drivers.values()]
  }

  /** Whether a peer takes part in one of our shares. */
  hasMember(peer: string): boolean {
    for (const { members } of this.#drivers.values()) if (members.peers.find(peer) !== undefined) return true
    return false
  }

  /** @throws ShareError `session.unknown-share` */
  share(ref: string): ShareDriver {
    const cid = canonicalCid(parseShareRef(ref).root)
    const driver = this.#drivers.get(cid)
    if (driver !== undefined) return driver
    throw new ShareError({
      code: 'session.unknown-share',
      fault: 'user',
      message: `this node has no share ${cid}`,
      hint: 'See `p2pshare list` for what it has.'
    })
  }

  /** How far announcing is in each DHT, over all shares. */
  announcing(): AnnouncingStatus[] {
    return this.#parts.directory.announcing()
  }

  status(driver: ShareDriver): ShareStatus {
    const words = () => this.#waiting.words(driver, this.#parts.clock.now(), () => this.why(driver))
    return statusOf(driver, this.#parts, words)
  }

  /** Why the share is where it is; see {@link explain}. */
  why(driver: ShareDriver): WhyReport {
    const facts = factsOf(driver, this.#parts, this)
    return { now: facts.now, findings: explain(facts), finding: facts.finding }
  }

  /** The linked peers, each with a way to measure one round trip of a control message to it. */
  links(): { peer: string; measureRoundTrip(): Promise<Millis | undefined> }[] {
    return [...this.#parts.links.all()].map((link) => ({
      peer: link.name,
      measureRoundTrip: () => link.measureRoundTrip()
    }))
  }

  /**
   * Hashes a path, or several as one share, in place and serves it.
   * @throws ShareError as `ShareFiles.import`
   */
  seed(what: string | SeveralPaths, options: SeedOptions): Promise<SeededShare> {
    const shares = {
      all: () => this.#drivers.values(),
      find: (cid: string) => this.#drivers.get(cid),
      add: (record: ShareRecord) => this.#add(record)
    }
    return seedPath(this.#parts, shares, what, options)
  }

  /**
   * Makes the job for a hash, or joins the one there is.
   * @throws ShareError as `ShareFiles.checkTarget`, `session.already-here`, `content.wrong-key`, `content.key-missing`
   */
  async fetch(ref: ShareRef, wish: FetchWish): Promise<ShareDriver> {
    const cid = canonicalCid(ref.root)
    await this.readings.release(cid)
    const present = this.#drivers.get(cid)
    const recordKey = takeKeyOf(ref, this.#parts.files, present?.record)
    const record = await planFetch(this.#parts, cid, ref, wish, present?.record)
    if (present !== undefined) {
      if (hasWish(wish)) await present.wishes.wish(wish, true)
      const { state, complete } = present.record
      // What has been seeded enough is all here: there is nothing to go on with.
      const isDone = complete && this.controls.stops.stoppedFor(cid) !== undefined
      if ((state === 'error' || state === 'paused') && !isDone) present.resume()
      return present
    }
    const { catalogue } = this.#parts
    catalogue.transaction(() => {
      record.state = this.controls.admit(cid)
      catalogue.putShare(record)
      recordKey?.()
    })
    await this.#parts.mounts.remember(cid, [record.path])
    const driver = this.#add(record)
    if (hasWish(wish)) await driver.wishes.wish(wish)
    driver.start()
    return driver
  }

  /**
   * Whether a fetch could begin: nothing is made, and nobody is asked.
   * @throws ShareError as {@link fetch}, but for the disk's room
   */
  async checkFetch(ref: ShareRef, wish: FetchWish): Promise<void> {
    const cid = canonicalCid(ref.root)
    const known = this.#drivers.get(cid)?.record
    const present = known === undefined || this.readings.isTemporary(known) ? undefined : known
    takeKeyOf(ref, this.#parts.files, present)
    await planFetch(this.#parts, cid, ref, { ...wish, onlyLooked: true }, present)
  }

  /** Content bytes of a share that were at its target before; undefined when nothing was adopted. */
  adopted(cid: string): number | undefined {
    return this.#parts.files.adopted(cid)
  }

  /** The key of a private share; undefined of any other, and of one that is passed on without being read. */
  keyOf(cid: string): ShareKey | undefined {
    return this.#parts.files.keyOf(cid)
  }

  /** Where the entries of a share of several paths lie; undefined of any other share. */
  rootsOf(cid: string): readonly ShareRoot[] | undefined {
    return this.#parts.files.rootsOf(cid)
  }

  async remove(driver: ShareDriver, deleteFiles: boolean): Promise<void> {
    const { cid } = driver
    const layout = driver.bytes.layout
    await driver.stop()
    driver.publisher.forget()
    this.#parts.mounts.forget(cid)
    driver.wishes.selection.forget()
    this.#uploader.withdraw(cid, 'unknown-share')
    await this.#parts.files.remove(cid, layout, { content: deleteFiles })
    this.#parts.catalogue.removeShare(cid)
    forgetNewerVersion(this.#parts.catalogue, cid)
    this.#parts.choking.forget(cid)
    this.#parts.knownPeers.forget(cid)
    this.limits.changeOf('share', cid, { up: null, down: null })
    this.#drivers.delete(cid)
    this.controls.forget(cid)
  }

  /**
   * The path of a share holds another version now: from here on, and over restarts, the share offers what of it is
   * still there. Called again, it looks again; a share that was in `error` is taken up, one that is paused stays so.
   * @param path - where it lies now, if it was renamed
   */
  async supersede(driver: ShareDriver, newer: string, path: string = driver.record.path): Promise<void> {
    this.#uploader.withdraw(driver.cid, 'unavailable')
    await becomeOlder(this.#parts, driver, newer, path)
  }

  /** Says where a share lies now, or where a fetch is to go. @throws ShareError as `ShareFiles.relocate` */
  relocate(driver: ShareDriver, path: string, options: RelocateOptions): Promise<number> {
    return relocateShare(this.#parts, driver, path, options)
  }

  pause(driver: ShareDriver): void {
    this.#hold(driver.cid)
  }

  /** @param now - fetched regardless of the queue */
  resume(driver: ShareDriver, now = false): void {
    if (now && !driver.record.complete) this.controls.queue.force(driver.cid)
    driver.resume()
  }

  peers(): PeerInfo[] {
    return this.#parts.network.peers()
  }

  #hold(cid: string, reason?: string): void {
    this.#drivers.get(cid)?.hold('paused', reason)
    this.#uploader.withdraw(cid, 'paused')
  }

  /** @param record - stored already */
  #add(record: ShareRecord): ShareDriver {
    const looked = this.looks.takeOver(record.cid)
    if (looked.length > 0) this.#parts.catalogue.putIndexBlocks(record.cid, looked)
    const driver = new ShareDriver(this.#parts, record, parseShareRef(record.cid).root)
    this.#drivers.set(record.cid, driver)
    this.controls.add(driver)
    if (!this.readings.isTemporary(record)) this.#parts.onShare?.(driver)
    return driver
  }

  #openUploader(ports: SessionPorts): Uploader {
    return new Uploader(
      {
        readRequest: (cid, request) => readRequest(this.#drivers.get(cid), request),
        readBlock: (digest, offset, length) => this.#blocks.readPart(digest, offset, length),
        refusal: (peer, cid) => {
          const exempt = this.#drivers.get(cid)?.members.superSeeding === true
          return exempt ? undefined : this.#parts.choking.refusal(peer, cid)
        },
        onUploaded: (peer, { share, piece, count, bytes: n }) => {
          this.#parts.choking.sent(peer, share, n, piece)
          const driver = this.#drivers.get(share)
          driver?.onUploaded(n)
          this.controls.stops.note(share)
          if (piece !== undefined) driver?.members.onSent(peer, { start: pieceIndex(piece), count }, n)
        },
        onFlood: (peer) => void this.#parts.trust.strike(peer, 'request-flood'),
        pace: (link, share) => this.limits.up.pace(flowOf(link, share), link)
      },
      ports
    )
  }

  #openCensus(): ReplicaCensus {
    const { stops, replicas } = this.controls
    return new ReplicaCensus(this.#parts, {
      waiting: () => stops.lacksReplicas(),
      isCounted: (cid, peer) => replicas.isCounted(cid, peer),
      find: (cid) => {
        const members = this.#drivers.get(cid)?.members
        const rootDigest = parseShareRef(cid).root.multihash.digest
        return members && { cid, rootDigest, greet: (peer) => members.greet(peer) }
      }
    })
  }

  #sharesToRead(): SharesToRead {
    return {
      find: (cid) => this.#drivers.get(cid),
      add: (record) => this.#add(record),
      force: (cid) => this.controls.queue.force(cid),
      remove: (driver, deleteFiles) => this.remove(driver, deleteFiles)
    }
  }

  #tick(): void {
    this.#stopTick = this.#parts.clock.after(SECOND, () => {
      if (this.#place.moved()) this.#parts.peerMemory.forgive()
      for (const driver of this.#drivers.values()) driver.tick()
      this.looks.tick()
      this.#parts.choking.tick()
      this.#uploader.tick()
      this.controls.tick()
      this.#census.tick()
      this.limits.tick([...this.#parts.links.all()].some(({ link }) => link.lan))
      const now = this.#parts.clock.now()
      for (const peer of [...this.#parts.links.all()])
        if (peer.unusedFor(now) > UNUSED_LINK) peer.close('done')
      this.#tick()
    })
  }
}
