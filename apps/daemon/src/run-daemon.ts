import { hash, randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, isShareError, seededRng, ShareError } from '@p2pshare/base'
import { type HomePaths, ownFiles, resolveHome } from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import { type ControlServer, createControlServer } from '@p2pshare/control/server'
import { createNetwork } from '@p2pshare/network'
import type { Catalogue, Hasher, Log, PeerNetwork, ShareFiles } from '@p2pshare/ports'
import { Session, type SessionSettings, type ShareDriver } from '@p2pshare/session'
import {
  createShareFiles,
  type OpenedCatalogue,
  openCatalogue,
  type ShareFilesOptions,
  subtleHasher
} from '@p2pshare/storage'
import { type ReadConfig, readConfig } from './config/config.ts'
import { controlChoice } from './calls/control-view.ts'
import { readDaemonPid, removeDaemonInfo, writeDaemonInfo } from './daemon-info.ts'
import { type DaemonLog, openLog } from './log/daemon-log.ts'
import { DiskChoice } from './config/disk-choice.ts'
import { inHome } from './in-home.ts'
import { ByteCount } from './metrics/byte-count.ts'
import { networkOptions } from './config/network-options.ts'
import { LinkGate } from './opening/link-gate.ts'
import { AuthorisedPeers } from './remote/authorised-peers.ts'
import { openRemote } from './remote/open-remote.ts'
import type { OpenFolders } from './remote/remote-service.ts'
import { createService, type ServiceParts } from './calls/service.ts'
import { SideParts } from './side-parts.ts'
import { systemClock } from './system-clock.ts'
import { collectSooner } from './thrifty-heap.ts'
import { hurriedClock } from './watching/hurried-clock.ts'
import { watchedShares } from './watching/watched-shares.ts'
import { Watching } from './watching/watching.ts'
import { WatchStore } from './watching/watch-store.ts'
import { VERSION } from './version.ts'

/** How the daemon is asked to run. */
export interface DaemonOptions {
  /** `--home`. */
  home?: string
  /** Daemon options of the command line: listen, bootstrap, network, encryption, mdns, downloads. */
  overrides: Record<string, string | string[] | boolean>
  /** Called when it serves. */
  onReady?: (info: { peerId: string; addresses: string[]; socket: string }) => void
}

/** A stop must not take longer, ms; then the process ends anyhow (all states on disk are safe at any moment). */
const STOP_LIMIT = 4500

/**
 * Runs the daemon until SIGTERM, SIGINT or a shutdown call.
 * @returns the exit code
 * @throws ShareError when it cannot start; nothing is left running then
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const home = resolveHome({ home: options.home })
  inHome(home.home, () => mkdirSync(home.home, { recursive: true, mode: 0o700 }))
  const readAgain = (): ReadConfig =>
    readConfig({ overrides: options.overrides, env: process.env, file: home.configFile })
  const read = readAgain()
  const daemonLog = inHome(home.logFile, () => openLog(home.logFile, read.config.log))
  const { log } = daemonLog
  keepRunning(log)
  const opened = lockedCatalogue(home)
  // Of a daemon that was killed; whoever comes now is told of no pid rather than of that one.
  removeDaemonInfo(home.daemonInfoFile)
  const undo: (() => Promise<void> | void)[] = [() => opened.catalogue.close()]
  try {
    await serve({ options, home, read, readAgain, daemonLog, opened, undo })
    return 0
  } catch (error) {
    log.error({ error }, 'the daemon ends with an error')
    throw error
  } finally {
    const limit = setTimeout(() => process.exit(0), STOP_LIMIT)
    for (const step of undo.reverse()) await attempt(step, log)
    clearTimeout(limit)
    log.info({}, 'stopped')
    daemonLog.close()
  }
}

interface Start {
  options: DaemonOptions
  home: HomePaths
  read: ReadConfig
  readAgain: () => ReadConfig
  daemonLog: DaemonLog
  opened: OpenedCatalogue
  /** Steps that end what was started, last first. */
  undo: (() => Promise<void> | void)[]
}

/**
 * Checks what arrives: on this thread, since handing a block to another one copies it, which costs
 * more here than hashing it (about 0.8 ms a MiB).
 */
const hashHere: Hasher = async (data) => hash('sha256', data, 'buffer')

/** Puts the parts together, starts them in order, and waits for the word to stop. */
async function serve({ options, home, read, readAgain, daemonLog, opened, undo }: Start): Promise<void> {
  const { config } = read
  const { log } = daemonLog
  const { catalogue, recovered } = opened
  const clock = systemClock
  const rng = seededRng(randomInt(2 ** 32))
  const startedAt = clock.wallTime()
  const values = catalogue.values('network')
  const { network, directory, calls } = await createNetwork(
    networkOptions({ config, home, values, log: log.child('network'), clock, rng })
  )
  const ownData = [home.home, dirname(home.configFile), dirname(home.logFile)]
  const own = { ownData, ownFiles: ownFiles(home) }
  const disk = new DiskChoice(config)
  const files = openFiles({ catalogue, clock, log: log.child('storage'), ...own }, disk)
  const ports = { catalogue, files, network, directory, hasher: hashHere, clock, rng, log }
  const settings = sessionSettings(config)
  mkdirSync(home.readingFolder, { recursive: true, mode: 0o700 })
  const warnings = recovered === undefined ? [] : [damageWarning(recovered)]
  const side = new SideParts({ home, catalogue, daemonLog, warnings }, config)
  const onShare = (share: ShareDriver): void =>
    side.follow(share, () => session.controls.stops.stoppedFor(share.cid))
  const told = { temporaryFolder: home.readingFolder, onManyFiles: collectSooner, onShare }
  const starts = { startLimits: config, startControls: controlChoice(config) }
  const session = new Session({ ...ports, ...starts, settings, ...told })
  const watching = makeWatching({ catalogue, session, clock, log, ownData })
  const stopped = Promise.withResolvers<void>()
  for (const warning of [...warnings, ...read.warnings]) log.warn({}, warning)
  const stop = (): void => void setTimeout(() => stopped.resolve(), 50)
  const byteCount = new ByteCount(catalogue.shares())
  const authorised = new AuthorisedPeers(catalogue.values('authorised'))
  const parts: ServiceParts = {
    ...{ session, network, watching, authorised, disk, config, startedAt, warnings, byteCount, stop },
    links: new LinkGate({ values: catalogue.values('clicked'), clock, session }),
    readConfig: readAgain,
    onReload: side.configure,
    version: VERSION,
    configWarnings: read.warnings,
    home: home.home
  }
  const service = createService(parts)
  const folders: OpenFolders = () => [parts.config.downloads, ...parts.config.remoteFolders]
  const { socketPath } = home
  const server = createControlServer(service, { socketPath, version: VERSION, log: log.child('control') })
  await begin({ network, session, watching, server }, undo)
  undo.push(openRemote({ calls, authorised, service, folders, clock, log: log.child('remote') }))
  undo.push(() => side.stop())
  await side.start(config, session.shares(), async () => (await service.metrics()).text)
  const addresses = network.addresses()
  const info = { pid: process.pid, version: VERSION, peerId: network.self, addresses, startedAt }
  writeDaemonInfo(home.daemonInfoFile, info)
  undo.push(() => removeDaemonInfo(home.daemonInfoFile))
  log.info({ peerId: network.self, addresses, version: VERSION }, 'ready')
  undo.push(onSignals(() => stopped.resolve()))
  options.onReady?.({ peerId: network.self, addresses, socket: home.socketPath })
  await stopped.promise
}

/** Starts the parts in order, and notes how each is ended. */
async function begin(
  parts: { network: PeerNetwork; session: Session; watching: Watching; server: ControlServer },
  undo: Start['undo']
): Promise<void> {
  const { network, session, watching, server } = parts
  undo.push(() => network.stop())
  await network.start()
  undo.push(() => session.stop())
  session.start()
  undo.push(() => watching.stop())
  watching.start()
  undo.push(() => server.close())
  await server.listen()
}

function sessionSettings({ uploadSlots, antiLeech, superSeed, announce }: DaemonConfig): SessionSettings {
  return { uploadSlots: uploadSlots === 'auto' ? undefined : uploadSlots, antiLeech, superSeed, announce }
}

function openFiles(
  parts: Pick<ShareFilesOptions, 'catalogue' | 'clock' | 'log' | 'ownData' | 'ownFiles'>,
  { reserve, partFolder }: DiskChoice
): ShareFiles {
  return createShareFiles({ ...parts, hasher: subtleHasher, reserve, partFolder })
}

function makeWatching(parts: {
  catalogue: Catalogue
  session: Session
  clock: Clock
  log: Log
  ownData: string[]
}): Watching {
  const shares = watchedShares(parts.session)
  const store = new WatchStore(parts.catalogue)
  const clock = hurriedClock(parts.clock, process.env['P2PSHARE_WATCH_PACE'])
  return new Watching({ clock, log: parts.log.child('watching'), shares, store }, parts.ownData)
}

/** The catalogue's lock is the home's: whoever has it open is the one daemon here. */
function lockedCatalogue(home: HomePaths): OpenedCatalogue {
  try {
    return openCatalogue({ file: home.catalogueFile, now: () => Date.now() })
  } catch (error) {
    if (!isShareError(error, 'storage.catalogue-locked')) throw error
    const pid = readDaemonPid(home.daemonInfoFile)
    throw new ShareError({
      code: 'daemon.already-running',
      fault: 'daemon',
      message: `another daemon${pid === undefined ? '' : ` (pid ${pid})`} already runs on ${home.home}`,
      hint: 'Use that one, stop it (`p2pshare daemon stop`), or choose another --home.',
      detail: { pid: pid ?? null },
      cause: error
    })
  }
}

/** The first signal stops in order, the second at once; the answer takes the handlers away. */
function onSignals(stop: () => void): () => void {
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(130)
    asked = true
    stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

/** What a library lets slip must not end everybody's transfers: it is logged, and life goes on. */
function keepRunning(log: Log): void {
  process.on('uncaughtException', (error) => log.error({ error }, 'uncaught exception'))
  process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'))
}

async function attempt(step: () => Promise<void> | void, log: Log): Promise<void> {
  try {
    await step()
  } catch (error) {
    log.error({ error }, 'a part did not stop cleanly')
  }
}

function damageWarning({ copy, reason }: { copy: string; reason: string }): string {
  return `The catalogue was damaged (${reason}); it lies at ${copy}, a fresh one is in use: seed or fetch your shares again, present data is used.`
}
