import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { type CancelTimer, type Clock, millis, SECOND } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { FolderWatch, type WatchEffect } from './folder-watch.ts'
import { BUSY_PAUSE, CALM_PAUSE, PAUSE_PER_LOOK } from './limits.ts'
import { type FolderLook, lookAtFolder, type LookOptions } from './look-at-folder.ts'
import type { WatchedShares } from './watched-shares.ts'
import type { FolderSettings, WatchStore } from './watch-store.ts'

/** What a watched folder works with. */
export interface WatchParts {
  clock: Clock
  log: Log
  shares: WatchedShares
  store: WatchStore
  /** One piece of work on shares at a time, over all folders: hashing wants a whole disk. */
  inTurn(work: () => Promise<void>): Promise<void>
  /** The disk's by default. */
  look?: ((path: string, options: LookOptions) => Promise<FolderLook>) | undefined
}

/** Looks at one folder again and again, and shares what appears and changes in it. */
export class WatchedFolder {
  readonly path: string
  readonly #parts: WatchParts
  readonly #watch: FolderWatch
  readonly #stopping = new AbortController()
  #settings: FolderSettings
  #cancel: CancelTimer | undefined
  #hint: FSWatcher | undefined
  #looking = false
  #nextLook = 0
  #lookTook = 0
  #offline: string | undefined
  #inode: string | undefined
  #lastLook: number | undefined

  constructor(parts: WatchParts, path: string, settings: FolderSettings) {
    this.#parts = parts
    this.path = path
    this.#settings = settings
    this.#watch = new FolderWatch(parts.store.entries(path), (cid) => parts.shares.isInTrouble(cid))
  }

  get watch(): FolderWatch {
    return this.#watch
  }

  get settings(): Readonly<FolderSettings> {
    return this.#settings
  }

  /** Why the folder cannot be looked at; undefined when it can. */
  get offline(): string | undefined {
    return this.#offline
  }

  /** Wall time, ms, of the last look; undefined before the first. */
  get lastLook(): number | undefined {
    return this.#lastLook
  }

  /** Begins; the first look follows at once. */
  start(): void {
    this.#lookIn(0)
  }

  stop(): void {
    this.#stopping.abort()
    this.#cancel?.()
    this.#hint?.close()
  }

  #lookIn(pause: number): void {
    if (this.#stopping.signal.aborted) return
    this.#cancel?.()
    this.#nextLook = this.#parts.clock.now() + pause
    this.#cancel = this.#parts.clock.after(millis(pause), () => void this.#look())
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#parts
    const { signal } = this.#stopping
    const began = clock.now()
    this.#looking = true
    try {
      const look = this.#parts.look ?? lookAtFolder
      const seen = await look(this.path, { admit: (names) => this.#watch.admit(names), signal })
      if (signal.aborted) return
      this.#take(seen)
    } catch (error) {
      if (signal.aborted) return
      log.error({ path: this.path, error }, 'a look at a watched folder failed')
    }
    this.#looking = false
    this.#lastLook = clock.wallTime()
    this.#lookTook = clock.now() - began
    this.#lookIn(Math.max(this.#watch.isBusy ? BUSY_PAUSE : CALM_PAUSE, this.#lookTook * PAUSE_PER_LOOK))
  }

  #take(seen: FolderLook): void {
    const reason = this.#offlineReason(seen)
    if (reason !== this.#offline) {
      this.#parts.log.info(
        { path: this.path, reason },
        reason === undefined ? 'watched folder is there' : 'offline'
      )
    }
    this.#offline = reason
    if (reason !== undefined || seen.kind === 'offline') {
      this.#hint?.close()
      this.#hint = undefined
      return this.#run(this.#watch.offline())
    }
    if (seen.device !== this.#settings.device) {
      this.#settings = { ...this.#settings, device: seen.device }
      this.#parts.store.putFolder(this.path, this.#settings)
    }
    this.#listen(seen.inode)
    this.#run(this.#watch.observe(seen.looks, this.#parts.clock.now()))
  }

  /** On another disk than before, and nothing of what was here: that disk is not mounted, or another one is. */
  #offlineReason(seen: FolderLook): string | undefined {
    if (seen.kind === 'offline') return seen.reason
    const { device } = this.#settings
    const isOther = device !== undefined && device !== seen.device
    return isOther && !this.#watch.knowsAny(seen.looks.keys()) ? 'its disk is not mounted' : undefined
  }

  /** The system's word that something changed makes the next look come sooner; nothing relies on it. */
  #listen(inode: string): void {
    if (this.#parts.look !== undefined || (this.#hint !== undefined && inode === this.#inode)) return
    // One that was removed and made anew is another folder for the system.
    this.#hint?.close()
    this.#inode = inode
    try {
      this.#hint = watch(this.path, { persistent: false }, () => {
        const pause = Math.max(SECOND, this.#lookTook * PAUSE_PER_LOOK)
        // Never later than planned: words that come without end must not put it off.
        if (!this.#looking && this.#parts.clock.now() + pause < this.#nextLook) this.#lookIn(pause)
      })
      this.#hint.on('error', () => this.#hint?.close())
    } catch {
      // Out of watches, or a file system without them: looks come all the same.
    }
  }

  #run(effects: readonly WatchEffect[]): void {
    for (const effect of effects) {
      const offline = this.#offline
      const work = (): Promise<void> => this.#do(effect, offline)
      this.#parts
        .inTurn(async () => (this.#stopping.signal.aborted ? undefined : work()))
        .catch((error: unknown) => this.#parts.log.error({ path: this.path, error }, 'watching failed'))
    }
  }

  async #do(effect: WatchEffect, offline: string | undefined): Promise<void> {
    const { name } = effect
    if (effect.kind === 'seed') return this.#seed(name, effect.signature)
    if (effect.kind === 'moved') return this.#seed(name, effect.signature, effect.from)
    const versions = this.#watch.versions(name).map(({ cid }) => cid)
    if (effect.kind === 'back') for (const cid of versions) this.#parts.shares.resume(cid)
    else for (const cid of versions) await this.#lose(name, cid, offline)
  }

  async #lose(name: string, cid: string, offline: string | undefined): Promise<void> {
    if (await this.#moveToTwin(name, cid)) return
    this.#parts.shares.lose(cid, join(this.path, name), offline)
  }

  /** @param from - the name that it had until now */
  async #seed(name: string, signature: string, from?: string): Promise<void> {
    const { shares, store, clock, log } = this.#parts
    const path = join(this.path, name)
    const before = from === undefined ? path : join(this.path, from)
    try {
      const moved = from === undefined ? {} : { movedFrom: before }
      const wish = { announce: this.#settings.announce, signal: this.#stopping.signal, ...moved }
      const cid = await shares.seed(path, wish)
      if (this.#stopping.signal.aborted) return
      const wallTime = clock.wallTime()
      const { record, older, dropped } = this.#watch.seeded(name, { cid, signature, wallTime })
      if (from === undefined) store.putEntry(this.path, name, record)
      else store.renameEntry(this.path, from, name, record)
      for (const old of older)
        if (!(await this.#moveToTwin(name, old))) await shares.supersede(old, { before, path, newer: cid })
      for (const old of dropped) await shares.drop(old, before)
      log.info({ path, cid, versions: record.versions.length }, 'shared from a watched folder')
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const reason = error instanceof Error ? error.message : String(error)
      this.#watch.failed(name, { signature, reason, now: clock.now() })
      log.warn({ path, error }, 'an entry of a watched folder cannot be shared')
    }
  }

  /** The same content may be there under another name: then the hash is served from there. */
  async #moveToTwin(name: string, cid: string): Promise<boolean> {
    const twin = this.#watch.twin(name, cid)
    if (twin === undefined) return false
    const path = join(this.path, twin)
    const wish = { announce: this.#settings.announce, signal: this.#stopping.signal }
    return (await this.#parts.shares.seed(path, wish)) === cid
  }
}
