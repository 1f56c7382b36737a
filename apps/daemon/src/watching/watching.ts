import { realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { AnnounceLevel } from '@p2pshare/session'
import { MOST_FOLDERS } from './limits.ts'
import { WatchedFolder, type WatchParts } from './watched-folder.ts'

/** All watched folders of the daemon; kept over restarts. */
export class Watching {
  readonly #parts: WatchParts
  readonly #ownFolders: readonly string[]
  readonly #folders = new Map<string, WatchedFolder>()
  #turn: Promise<void> = Promise.resolve()

  /** @param ownFolders - the daemon's own: neither these, nor what they lie in or what lies in them, is watched */
  constructor(parts: Omit<WatchParts, 'inTurn'>, ownFolders: readonly string[]) {
    this.#parts = { ...parts, inTurn: (work) => this.#inTurn(work) }
    this.#ownFolders = ownFolders
  }

  /** Takes up what was watched before the restart. */
  start(): void {
    for (const { path, settings } of this.#parts.store.folders())
      this.#add(new WatchedFolder(this.#parts, path, settings))
  }

  /** Ends all looks; work under way ends soon after. */
  async stop(): Promise<void> {
    for (const folder of this.#folders.values()) folder.stop()
    await this.#turn
  }

  folders(): WatchedFolder[] {
    return [...this.#folders.values()]
  }

  /**
   * Watches a folder from now on; one that is watched already may get another level of announcing.
   * @throws ShareError `daemon.not-watchable`, `daemon.watch-inside`, `daemon.too-many-watched`
   */
  async add(wish: string, announce: AnnounceLevel | undefined): Promise<WatchedFolder> {
    const path = await realFolder(wish)
    const present = this.#folders.get(path)
    if (present !== undefined && (announce === undefined || announce === present.settings.announce))
      return present
    if (present === undefined) await this.#check(path)
    const settings = { ...present?.settings, ...(announce === undefined ? {} : { announce }) }
    this.#parts.store.putFolder(path, settings)
    present?.stop()
    return this.#add(new WatchedFolder(this.#parts, path, settings))
  }

  /**
   * Watches a folder no more; what was shared of it stays shared.
   * @throws ShareError `daemon.not-watched`
   */
  async remove(wish: string): Promise<WatchedFolder> {
    // A folder that is gone has no real path; it was stored by the one that it had.
    const folder = this.#folders.get(wish) ?? this.#folders.get(await realpath(wish).catch(() => wish))
    if (folder === undefined)
      throw refusal(
        'daemon.not-watched',
        `${printable(wish)} is not watched`,
        'See `p2pshare watch` for what is.'
      )
    folder.stop()
    this.#folders.delete(folder.path)
    this.#parts.store.removeFolder(folder.path)
    return folder
  }

  async #check(path: string): Promise<void> {
    const shown = printable(path)
    for (const own of this.#ownFolders)
      if (isWithin(path, await realpath(own).catch(() => own)))
        throw refusal(
          'daemon.not-watchable',
          `${shown} holds, or lies in, the daemon's own data`,
          'Watch another folder.'
        )
    for (const other of this.#folders.keys())
      if (isWithin(path, other)) {
        const message = `${shown} and ${printable(other)}, which is watched, lie one inside the other`
        throw refusal('daemon.watch-inside', message, 'Watch the outer one alone, or two that lie apart.')
      }
    if (this.#folders.size >= MOST_FOLDERS)
      throw refusal(
        'daemon.too-many-watched',
        `${MOST_FOLDERS} folders are watched already`,
        'End one with `p2pshare unwatch`.'
      )
  }

  #add(folder: WatchedFolder): WatchedFolder {
    this.#folders.set(folder.path, folder)
    folder.start()
    return folder
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

/** @throws ShareError `daemon.not-watchable` */
async function realFolder(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined && (await stat(real).catch(() => undefined))?.isDirectory() === true) return real
  throw refusal(
    'daemon.not-watchable',
    `${printable(path)} is not a folder that is there`,
    'Name a folder of this machine.'
  )
}

/** Whether one of two folders is, or lies in, the other. */
function isWithin(a: string, b: string): boolean {
  const [one, two] = [a, b].map((path) => (path.endsWith(sep) ? path : `${path}${sep}`)) as [string, string]
  return one.startsWith(two) || two.startsWith(one)
}

function refusal(
  code: 'daemon.not-watched' | 'daemon.not-watchable' | 'daemon.watch-inside' | 'daemon.too-many-watched',
  message: string,
  hint: string
): ShareError {
  return new ShareError({ code, fault: 'user', message, hint })
}
