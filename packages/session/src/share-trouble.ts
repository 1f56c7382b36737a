import { isShareError, type ShareError } from '@p2pshare/base'
import type { ShareRecord, ShareState } from '@p2pshare/ports'
import { DiskWait } from './disk-wait.ts'
import type { NodeParts } from './node-parts.ts'
import { asFailure } from './share-failures.ts'

/** What trouble does to the share. */
export interface TroubledShare {
  readonly cid: string
  readonly record: Readonly<ShareRecord>
  /** Content bytes that are still to be written. */
  missing(): number
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
export class ShareTrouble {
  readonly #parts: NodeParts
  readonly #share: TroubledShare
  readonly #diskWait: DiskWait
  #block: { state: ShareState; reason: string } | undefined
  #failure: ShareError | undefined

  constructor(parts: NodeParts, share: TroubledShare) {
    this.#parts = parts
    this.#share = share
    this.#diskWait = new DiskWait(parts, () => this.#onSpace())
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
    this.#diskWait.stop()
  }

  /** A piece could not be written: a full disk holds the fetch where it is. */
  onStoreFailed(error: unknown): void {
    if (!isShareError(error, 'storage.disk-full')) return this.fail(error)
    if (this.#block !== undefined) return
    this.#block = { state: 'paused', reason: 'disk full: goes on by itself when there is space again' }
    this.#share.setRunning(false)
    this.#waitForSpace()
    this.#parts.log.warn({ cid: this.#share.cid }, 'disk full, fetch paused')
    this.#share.changed()
  }

  /** A stage failed. */
  fail(error: unknown): void {
    this.#share.stopWork()
    if (isShareError(error, 'storage.disk-full')) {
      this.#block = { state: 'paused', reason: error.message }
      this.#waitForSpace()
      return this.#share.changed()
    }
    const failure = asFailure(error)
    const { cid } = this.#share
    this.#parts.log.error({ cid, code: failure.code, error: failure }, failure.message)
    this.#failure = failure
    this.#share.onError(failure.message)
  }

  #waitForSpace(): void {
    this.#diskWait.start(this.#share.record.path, this.#share.missing())
  }

  #onSpace(): void {
    this.#block = undefined
    if (!this.#share.setRunning(true)) this.#share.start()
    this.#share.changed()
  }
}
