import { type CancelTimer, type Clock, millis } from '@p2pshare/base'
import type { Log, ShareFiles } from '@p2pshare/ports'
import type { ShareDriver } from '../share/share-driver.ts'
import { lookForShare, pathsOf } from './presence.ts'
import type { ShareMounts } from './share-mounts.ts'

/** Between two rounds over all shares, ms. */
const PAUSE = 10_000
/** A round of many shares, or on slow disks, comes less often: it takes 5 % of the time at most. */
const PAUSE_PER_ROUND = 20

/** Looks, round after round, whether the files of all shares are there, so that it is known before a peer asks. */
export class PresenceWatch {
  readonly #parts: { files: ShareFiles; clock: Clock; log: Log; mounts: ShareMounts }
  readonly #drivers: () => Iterable<ShareDriver>
  #cancel: CancelTimer | undefined
  #stopped = false

  constructor(
    parts: { files: ShareFiles; clock: Clock; log: Log; mounts: ShareMounts },
    drivers: () => Iterable<ShareDriver>
  ) {
    this.#parts = parts
    this.#drivers = drivers
  }

  /** The first round comes at once. */
  start(): void {
    void this.#round()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #round(): Promise<void> {
    const { clock, log } = this.#parts
    const began = clock.now()
    try {
      await this.#lookAtAll()
    } catch (error) {
      log.error({ error }, 'a look at the files of shares failed')
    }
    if (this.#stopped) return
    const pause = millis(Math.max(PAUSE, (clock.now() - began) * PAUSE_PER_ROUND))
    this.#cancel = clock.after(pause, () => void this.#round())
  }

  /** One after the other: a disk that hangs holds one call. */
  async #lookAtAll(): Promise<void> {
    const { files, mounts } = this.#parts
    const mounted = new Map<string, Promise<boolean>>()
    const isMounted = (mount: string): Promise<boolean> => {
      const known = mounted.get(mount) ?? files.isMounted(mount)
      mounted.set(mount, known)
      return known
    }
    for (const { cid, record, trouble } of [...this.#drivers()]) {
      const { missed } = trouble
      if (this.#stopped) return
      if (!trouble.isWatched) continue
      const presence = await lookForShare(this.#parts, record, missed, isMounted)
      // It may have been stopped, or held for another reason, meanwhile.
      if (this.#stopped || !trouble.isWatched || trouble.missed !== missed) continue
      const isFirst = presence.kind === 'here' && !mounts.knows(cid)
      if (isFirst) await mounts.remember(cid, [...pathsOf(files, record), record.partPath ?? record.path])
      trouble.onSeen(presence)
    }
  }
}
