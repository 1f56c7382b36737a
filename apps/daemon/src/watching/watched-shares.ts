import { printable, ShareError } from '@p2pshare/base'
import type { AnnounceLevel, Session, ShareDriver } from '@p2pshare/session'

/** How a path is shared. */
export interface SeedWish {
  announce: AnnounceLevel | undefined
  signal: AbortSignal
  /** The path that it had until now. */
  movedFrom?: string
}

/** What watching does to shares. Hashes that are no share (any more) are passed over. */
export interface WatchedShares {
  /**
   * Shares a path as it is; one that is paused stays so.
   * @returns its hash @throws ShareError as `Session.seed`
   */
  seed(path: string, wish: SeedWish): Promise<string>
  /** There is a newer version than `cid`, which lay at `before`; both have `path` now. */
  supersede(cid: string, places: { before: string; path: string; newer: string }): Promise<void>
  /** The path is gone; `offline`: with the whole folder, and why. */
  lose(cid: string, path: string, offline: string | undefined): void
  /** The path is back as it was. */
  resume(cid: string): void
  /** An old version that is no longer kept. */
  drop(cid: string, path: string): Promise<void>
  isInTrouble(cid: string): boolean
}

/** The shares of a session, as far as they lie at the path that is meant: one hash may lie at several. */
export function watchedShares(session: Session): WatchedShares {
  const find = (cid: string): ShareDriver | undefined => session.shares().find((driver) => driver.cid === cid)
  const at = (cid: string, path: string): ShareDriver | undefined => {
    const driver = find(cid)
    return driver?.record.path === path && driver.record.complete ? driver : undefined
  }
  return {
    async seed(path, wish) {
      const isThere = ({ record }: ShareDriver): boolean =>
        record.path === path || record.path === wish.movedFrom
      const paused = session.shares().filter((driver) => isThere(driver) && driver.record.state === 'paused')
      const { cid } = (await session.seed(path, wish)).record
      if (paused.some((driver) => driver.cid === cid)) session.pause(session.share(cid))
      return cid
    },
    async supersede(cid, { before, path, newer }) {
      const driver = at(cid, before)
      if (driver !== undefined) await session.supersede(driver, newer, path)
    },
    lose(cid, path, offline) {
      const driver = at(cid, path)
      // A pause is the user's will, and outlasts what happens to the file.
      if (driver === undefined || driver.record.state === 'paused') return
      driver.fail(offline === undefined ? missingError(path) : offlineError(path, offline))
    },
    resume(cid) {
      const driver = find(cid)
      if (driver?.record.state === 'error') driver.resume()
    },
    async drop(cid, path) {
      const driver = at(cid, path)
      if (driver !== undefined) await session.remove(driver, false)
    },
    isInTrouble: (cid) => find(cid)?.record.state === 'error'
  }
}

function missingError(path: string): ShareError {
  return new ShareError({
    code: 'daemon.file-missing',
    fault: 'disk',
    message: `file missing: ${printable(path)}; it is shared again by itself when it is back`,
    hint: 'Put it back where it was, or remove the share.',
    detail: { path }
  })
}

function offlineError(path: string, reason: string): ShareError {
  return new ShareError({
    code: 'daemon.folder-offline',
    fault: 'disk',
    message: `offline: the folder of ${printable(path)} is away (${reason}); goes on by itself when it is back`,
    hint: 'Mount the disk, or put the folder back.',
    detail: { path }
  })
}
