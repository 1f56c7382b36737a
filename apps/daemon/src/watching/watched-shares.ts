import { printable, ShareError } from '@p2pshare/base'
import { type AnnounceLevel, overlapsOf, type Session, type ShareDriver } from '@p2pshare/session'

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
   * @returns its hash @throws ShareError as `Session.seed`, `daemon.watched-private`
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

const IN_TROUBLE: ReadonlySet<string> = new Set(['error', 'offline'])

/** The shares of a session, as far as they lie at the path that is meant: one hash may lie at several. */
export function watchedShares(session: Session): WatchedShares {
  const find = (cid: string): ShareDriver | undefined => session.shares().find((driver) => driver.cid === cid)
  const at = (cid: string, path: string): ShareDriver | undefined => {
    const driver = find(cid)
    return driver?.record.path === path && driver.record.complete ? driver : undefined
  }
  return {
    async seed(path, wish) {
      const hidden = privateAt(session, path)
      if (hidden !== undefined) throw watchedPrivate(path, hidden)
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
      at(cid, path)?.trouble.lose(path, offline)
    },
    resume(cid) {
      const driver = find(cid)
      if (driver !== undefined && IN_TROUBLE.has(driver.state.state)) driver.resume()
    },
    async drop(cid, path) {
      const driver = at(cid, path)
      if (driver !== undefined) await session.remove(driver, false)
    },
    isInTrouble: (cid) => IN_TROUBLE.has(find(cid)?.state.state ?? '')
  }
}

/** A private share of this path, or with files in it: one that was fetched into a watched folder, for one. */
function privateAt(session: Session, path: string): string | undefined {
  const others = session.shares().map(({ record }) => record)
  return overlapsOf({ cid: '', path }, others, session)[0]?.cid
}

/** Nobody asked for that, and what was announced once cannot be taken back. */
function watchedPrivate(path: string, cid: string): ShareError {
  return new ShareError({
    code: 'daemon.watched-private',
    fault: 'user',
    message: `${printable(path)} is shared encrypted, as ${cid}; watching does not share it in the clear`,
    hint: 'Move it out of the watched folder, or share it in the clear, too: p2pshare seed <path>.',
    detail: { path, cid }
  })
}
