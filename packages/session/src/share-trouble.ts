import { isShareError, type ShareError } from '@p2pshare/base'
import type { ShareRecord, ShareState } from '@p2pshare/ports'
import type { NodeParts } from './node-parts.ts'
import { asFailure } from './share-failures.ts'
import { DiskWait } from './space/disk-wait.ts'
import type { SpaceJob } from './space/space-keeper.ts'

/** What trouble does to the share. */
export interface TroubledShare {
  readonly cid: string
  readonly record: Readonly<ShareRecord>
  /** Content bytes that are still to be written. */
  missing(): number
  /** Whether all of it is wanted, so that it will be finished. */
  wantsAll(): boolean
  /** Ends all work; peers are told that the share is unavailable. */
  stopWork(): void
  /** Holds the running fetch or lets it go on; false when none runs. */
  setRunning(running: boolean): boolean
  /** Takes up the work again from the beginning. */
  start(): void
  /** The share is in state `error`, with that reason. */
  onError(reason: string): void
  changed(): void
}

/** What keeps a share from its work besides the user: a full disk, which passes, or an error. */
export class ShareTrouble implements SpaceJob {
  readonly cid: string
  readonly #parts: NodeParts
  readonly #share: TroubledShare
  readonly #wait: DiskWait
  #block: { state: ShareState; reason: string } | undefined
  #failure: ShareError | undefined

  constructor(parts: NodeParts, share: TroubledShare) {
    this.cid = share.cid
    this.#parts = parts
    this.#share = share
    this.#wait = new DiskWait(parts.clock)
  }

  /** A user's pause is in the catalogue; what else holds the share is said here. */
  get block(): { state: ShareState; reason: string } | undefined {
    return this.#block
  }

  /** Why the share is in state `error`. */
  get failure(): ShareError | undefined {
    return this.#failure
  }

  /** Forgets what was; a new try begins. */
  clear(): void {
    this.#failure = undefined
    this.#block = undefined
  }

  /** No longer waits for space. */
  stopWaiting(): void {
    this.#wait.stop()
  }

  /** All work of the share has ended; what it had reserved is free for others. */
  onStopped(): void {
    this.#wait.stop()
    this.#block = undefined
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
    if (this.#block !== undefined) return
    this.#share.setRunning(false)
    this.#waitForSpace(error)
  }

  /** A stage failed. */
  fail(error: unknown): void {
    this.#share.stopWork()
    if (isShareError(error, 'storage.disk-full')) return this.#waitForSpace(error)
    const failure = asFailure(error)
    const { cid } = this
    this.#parts.log.error({ cid, code: failure.code, error: failure }, failure.message)
    this.#failure = failure
    this.#share.onError(failure.message)
  }

  #waitForSpace(error: ShareError): void {
    this.#parts.space.release(this.cid)
    this.#block = { state: 'paused', reason: diskFullReason(error) }
    this.#parts.log.warn({ cid: this.cid }, this.#block.reason)
    this.#wait.start(() => this.#tryAgain())
    this.#share.changed()
  }

  /** @returns whether it goes on */
  async #tryAgain(): Promise<boolean> {
    const block = this.#block
    try {
      await this.#parts.space.admit(this, () => this.#block === block)
    } catch (error) {
      const reason = isShareError(error, 'storage.disk-full') ? diskFullReason(error) : undefined
      if (reason !== undefined && block !== undefined && this.#block === block && block.reason !== reason) {
        this.#block = { ...block, reason }
        this.#share.changed()
      }
      return false
    }
    // Somebody else took it up, or stopped it, meanwhile.
    if (this.#block !== block) return true
    this.#block = undefined
    if (!this.#share.setRunning(true)) this.#share.start()
    this.#share.changed()
    return true
  }
}

/** What the system says of a full disk is made to sound like what we find ourselves. */
function diskFullReason({ message }: ShareError): string {
  return message.startsWith('disk full')
    ? message
    : `disk full: ${message}; goes on by itself when there is space`
}
