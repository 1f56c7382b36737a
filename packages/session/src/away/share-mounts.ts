import type { Catalogue, KeyValueStore, ShareFiles } from '@p2pshare/ports'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

/**
 * Remembers, over restarts, in which folders the disks of each share are mounted, so that a disk that is away is told
 * from files that are gone, and nothing is ever made in its place.
 */
export class ShareMounts {
  readonly #files: Pick<ShareFiles, 'volume' | 'isMounted'>
  readonly #values: KeyValueStore

  constructor(parts: { files: Pick<ShareFiles, 'volume' | 'isMounted'>; catalogue: Catalogue }) {
    this.#files = parts.files
    this.#values = parts.catalogue.values('share-mounts')
  }

  /** The disks of a share as they are mounted now, for all its paths; a disk that cannot be looked at changes nothing. */
  async remember(cid: string, paths: readonly string[]): Promise<void> {
    try {
      const mounts = new Set<string>()
      for (const path of paths) mounts.add((await this.#files.volume(path)).mount)
      this.#values.put(cid, fromString(JSON.stringify([...mounts])))
    } catch {
      // Whoever opens the share says what is wrong with the disk.
    }
  }

  forget(cid: string): void {
    this.#values.delete(cid)
  }

  knows(cid: string): boolean {
    return this.#values.get(cid) !== undefined
  }

  /**
   * The first disk of a share that is not mounted.
   * @param isMounted - where several shares are looked at, answers that are kept
   */
  async away(
    cid: string,
    isMounted: (mount: string) => Promise<boolean> = (mount) => this.#files.isMounted(mount)
  ): Promise<string | undefined> {
    for (const mount of this.#of(cid)) if (!(await isMounted(mount))) return mount
    return undefined
  }

  #of(cid: string): string[] {
    const value = this.#values.get(cid)
    try {
      const mounts: unknown = value === undefined ? [] : JSON.parse(toString(value))
      return Array.isArray(mounts) ? mounts.filter((mount) => typeof mount === 'string') : []
    } catch {
      return []
    }
  }
}
