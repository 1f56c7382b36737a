import { isShareError, type ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceStore, ShareRecord, ShareState } from '@p2pshare/ports'
import { ComeBack } from '../away/come-back.ts'
import {
  diskOffline,
  fileMissing,
  isDeviceError,
  isReadOnly,
  notAsShared,
  pathOf,
  targetReadOnly
} from '../away/held-errors.ts'
import { whatLacks } from '../away/what-lacks.ts'
import type { Presence } from '../away/presence.ts'
import type { NodeParts } from '../node-parts.ts'
import { asFailure, checkFailedError } from './share-failures.ts'
import { DiskWait } from '../space/disk-wait.ts'
import { asDiskFull, type SpaceJob } from '../space/space-keeper.ts'

/** A share's state as users see it: `offline` is not kept, since a look at the disk tells it again. */
export type ShownState = ShareState | 'offline'

/** What holds a share, besides the user, until it passes by itself. */
export type HoldKind = 'disk-full' | 'read-only' | 'device' | 'offline' | 'missing'

/** A share that is held goes on by itself. */
export interface Hold {
  readonly kind: HoldKind
  readonly error: ShareError
  /** Who watches its folder said so. */
  readonly told?: boolean
}

const SHOWN: Readonly<Record<HoldKind, ShownState>> = {
  'disk-full': 'paused',
  'read-only': 'paused',
  device: 'error',
  offline: 'offline',
  missing: 'error'
}

/** A disk that reported an error is tried again after so many polls: 30 s (reliability K5). */
const DEVICE_POLLS = 6

/** What trouble does to the share. */
export interface TroubledShare {
  readonly cid: string
  readonly record: Readonly<ShareRecord>
  /** Content bytes that are still to be written. */
  missing(): number
  /** Whether all of it is wanted, so that it will be finished. */
  wantsAll(): boolean
  /** Whether its files are being checked or given their names; then nobody else looks at them. */
  isBusyWithFiles(): boolean
  /** Ends all work; peers are told that the share is unavailable. */
  stopWork(): void
  /** Holds the running fetch or lets it go on; false when none runs. */
  setRunning(running: boolean): boolean
  /** Takes up the work again from the beginning. */
  start(): void
  /** Closes the files, and opens them anew. @throws ShareError as `ShareBytes.open` */
  reopen(): Promise<PieceStore>
  /** Closes the files, whatever state they are in. */
  close(): void
  /** Whether it is an older version, of which not all is there. */
  isOlder(): boolean
  /** The share is in state `error`, with that reason. */
  onError(reason: string): void
  /** It is not to be found any more, until it is started again. */
  withdraw(): void
  changed(): void
}

/** What keeps a share from its work besides the user: what passes by itself, or an error. */
export class ShareTrouble implements SpaceJob {
  readonly cid: string
  readonly #parts: NodeParts
  readonly #share: TroubledShare
  readonly #wait: DiskWait
  #hold: Hold | undefined
  #comeBack = new ComeBack()
  #failure: ShareError | undefined

  constructor(parts: NodeParts, share: TroubledShare) {
    this.cid = share.cid
    this.#parts = parts
    this.#share = share
    this.#wait = new DiskWait(parts.clock)
  }

  /** A user's pause is in the catalogue; what else holds the share is said here. */
  get block(): { state: ShownState; reason: string } | undefined {
    if (this.#hold === undefined) return undefined
    const { kind, error } = this.#hold
    // The state says that word already.
    return { state: SHOWN[kind], reason: error.message.replace(/^offline: /, '') }
  }

  get hold(): Hold | undefined {
    return this.#hold
  }

  /** Whether its files are away, so that nothing of it can be served. */
  get isAway(): boolean {
    return this.#hold !== undefined && SHOWN[this.#hold.kind] !== 'paused'
  }

  /** Why the share is in state `error`. */
  get failure(): ShareError | undefined {
    return this.#failure ?? (this.block?.state === 'error' ? this.#hold?.error : undefined)
  }

  /** Forgets what was; a new try begins. */
  clear(): void {
    this.#failure = undefined
    this.#hold = undefined
  }

  /** No longer waits for space. */
  stopWaiting(): void {
    this.#wait.stop()
  }

  /** All work of the share has ended; what it had reserved is free for others. */
  onStopped(): void {
    this.#wait.stop()
    this.#hold = undefined
    this.#parts.space.release(this.cid)
  }

  // ---- the job, as who gives out space sees it

  part(): { path: string; bytes: number } {
    const { path, partPath } = this.#share.record
    return { path: partPath ?? path, bytes: this.#share.missing() }
  }

  /** A private share is there twice for a moment, sealed and opened. */
  finish(): { path: string; bytes: number; same: boolean } {
    const { path, size } = this.#share.record
    const same = this.#parts.files.keyOf(this.cid) !== undefined
    return { path, bytes: this.#share.wantsAll() ? size : 0, same }
  }

  readonly onShort = (error: ShareError): void => this.onStoreFailed(error)

  // ---- what happens

  /** A piece could not be written: a full disk holds the fetch where it is. */
  onStoreFailed(error: unknown): void {
    if (!isShareError(error, 'storage.disk-full')) return this.fail(error)
    if (this.#hold !== undefined) return
    this.#share.setRunning(false)
    this.#waitForSpace(error)
  }

  /** A stage failed. */
  fail(error: unknown): void {
    this.#share.stopWork()
    if (isShareError(error, 'storage.disk-full')) return this.#waitForSpace(error)
    if (isReadOnly(error)) return this.#waitUntilWritable(error)
    if (isDeviceError(error)) return this.#waitForDevice(error)
    if (isShareError(error, 'storage.missing') || isShareError(error, 'storage.offline'))
      return this.#onLost(error)
    const failure = asFailure(error)
    const { cid } = this
    this.#parts.log.error({ cid, code: failure.code, error: failure }, failure.message)
    this.#failure = failure
    this.#share.onError(failure.message)
  }

  /** A check of a complete share found less than all. */
  async onCheckFailed(store: PieceStore, layout: ShareLayout | undefined): Promise<void> {
    const lacks = await whatLacks(store, this.#parts.files)
    if (this.#hold !== undefined) return
    this.fail(isShareError(lacks, 'storage.missing') ? lacks : checkFailedError(store.have, layout))
  }

  /** Somebody who watches the folder says that it is gone, or (`why`) that the whole folder is away. */
  lose(path: string, why: string | undefined): void {
    // A pause is the user's will, and outlasts what happens to the file.
    if (this.#share.record.state === 'paused') return
    this.#share.stopWork()
    this.#holdAway(why === undefined ? fileMissing(path) : diskOffline(path, why), true)
  }

  // ---- files that are away

  /** Whether it is to be looked whether its files are there. */
  get isWatched(): boolean {
    const { state } = this.#share.record
    if (state === 'paused' || state === 'error' || this.#share.isBusyWithFiles()) return false
    return this.#hold === undefined || this.#isAwayHold()
  }

  /** The file that was missed, where it was a certain one. */
  get missed(): string | undefined {
    return this.#hold?.kind === 'missing' ? pathOf(this.#hold.error) : undefined
  }

  /** What a look at the files found. */
  onSeen(presence: Presence): void {
    if (presence.kind !== 'here') return this.#onAbsent(presence)
    if (this.#isAwayHold() && this.#comeBack.saw(presence.mark)) void this.#takeUp()
  }

  /** The user wants it to go on: files that are away are looked for at once. @returns whether that is what it needed */
  retry(): boolean {
    if (!this.#isAwayHold()) return false
    void this.#takeUp()
    return true
  }

  #isAwayHold(): boolean {
    return this.#hold?.kind === 'offline' || this.#hold?.kind === 'missing'
  }

  #onAbsent(presence: Exclude<Presence, { kind: 'here' }>): void {
    const { path } = this.#share.record
    const isOffline = presence.kind === 'offline'
    const error = isOffline
      ? diskOffline(presence.path ?? path, `no disk is mounted at ${presence.mount}`)
      : fileMissing(presence.path)
    this.#comeBack.sawNothing()
    // Who watches a folder knows more of it than a look at one file.
    if (this.#hold?.error.message === error.message || (this.#hold?.told === true && !isOffline)) return
    this.#share.stopWork()
    this.#holdAway(error)
  }

  /** A read or write missed a file. */
  #onLost(error: ShareError): void {
    this.#holdAway(
      error.code === 'storage.offline' ? error : fileMissing(pathOf(error) ?? this.#share.record.path)
    )
    if (error.code === 'storage.offline') return
    const hold = this.#hold
    void this.#parts.mounts.away(this.cid).then((mount) => {
      if (mount !== undefined && this.#hold === hold) this.#onAbsent({ kind: 'offline', mount })
    })
  }

  #holdAway(error: ShareError, told = false): void {
    const kind = error.code === 'storage.offline' ? 'offline' : 'missing'
    this.#hold = { kind, error, told }
    this.#parts.log.warn({ cid: this.cid }, error.message)
    this.#share.close()
    this.#share.withdraw()
    this.#share.changed()
  }

  /** It is there again: taken up when it is what it was. */
  async #takeUp(): Promise<void> {
    const hold = this.#hold
    try {
      if (this.#share.record.complete && !this.#share.isOlder()) {
        const lacks = await whatLacks(await this.#share.reopen(), this.#parts.files)
        if (this.#hold !== hold) return
        if (lacks !== undefined) throw lacks
      }
      if (this.#hold !== hold) return
      this.#parts.log.info({ cid: this.cid }, 'files that were away are back')
      this.clear()
      this.#share.start()
    } catch (error) {
      if (this.#hold !== hold) return
      this.#stillAway(error)
    }
    this.#share.changed()
  }

  /** What is there is not all of it. */
  #stillAway(error: unknown): void {
    this.#share.close()
    if (!isShareError(error)) return this.fail(error)
    const path = pathOf(error) ?? this.#share.record.path
    if (error.code === 'storage.offline') this.#hold = { kind: 'offline', error }
    else if (error.code === 'storage.missing') this.#hold = { kind: 'missing', error: fileMissing(path) }
    else if (error.code === 'storage.changed') this.#hold = { kind: 'missing', error: notAsShared(path) }
    else this.fail(error)
  }

  // ---- disks that do not take what is written

  #waitForSpace(error: ShareError): void {
    this.#parts.space.release(this.cid)
    this.#waitFor({ kind: 'disk-full', error: asDiskFull(error) }, () => this.#tryForSpace())
  }

  #waitUntilWritable(error: ShareError): void {
    const path = this.#share.record.partPath ?? this.#share.record.path
    this.#waitFor({ kind: 'read-only', error: targetReadOnly(error) }, async () => {
      const hold = this.#hold
      if (!(await this.#parts.files.volume(path)).writable) return false
      return this.#hold !== hold || this.#goOn()
    })
  }

  #waitForDevice(error: ShareError): void {
    let polls = 0
    this.#waitFor({ kind: 'device', error }, async () => ++polls >= DEVICE_POLLS && this.#goOn())
  }

  #waitFor(hold: Hold, attempt: () => Promise<boolean>): void {
    this.#hold = hold
    this.#parts.log.warn({ cid: this.cid }, hold.error.message)
    this.#wait.start(attempt)
    this.#share.changed()
  }

  /** @returns whether it goes on */
  async #tryForSpace(): Promise<boolean> {
    const hold = this.#hold
    try {
      await this.#parts.space.admit(this, () => this.#hold === hold)
    } catch (error) {
      if (isShareError(error, 'storage.disk-full') && hold !== undefined && this.#hold === hold) {
        this.#hold = { kind: 'disk-full', error: asDiskFull(error) }
        if (error.message !== hold.error.message) this.#share.changed()
      }
      return false
    }
    // Somebody else took it up, or stopped it, meanwhile.
    return this.#hold !== hold || this.#goOn()
  }

  #goOn(): true {
    this.#hold = undefined
    if (!this.#share.setRunning(true)) this.#share.start()
    this.#share.changed()
    return true
  }
}
