import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeError } from '../disk/disk-error.ts'
import { ensureOwnFolder, syncFolder, trespass } from '../disk/folder.ts'

/** The folders of a download that has some files at their place already: made as files come, each looked at once. */
export class TargetFolders {
  readonly #root: string
  readonly #known = new Map<string, Promise<void>>()
  /** Folders with names that are not durable yet. */
  readonly #unsynced = new Set<string>()

  /** @param root - the target itself */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * Makes a folder and those above it, and takes note that names in it will change.
   * @throws ShareError `storage.write-failed` when a link, a file or somebody else's folder is in the way
   */
  async make(parts: readonly string[]): Promise<void> {
    for (let depth = 0; depth <= parts.length; depth++) await this.#ensure(parts.slice(0, depth))
    this.#unsynced.add(join(this.#root, ...parts))
  }

  /** Makes all names durable. */
  async sync(): Promise<void> {
    for (const folder of this.#unsynced) {
      try {
        await syncFolder(folder)
      } catch (error) {
        throw writeError(error, folder)
      }
      this.#unsynced.delete(folder)
    }
  }

  #ensure(parts: readonly string[]): Promise<void> {
    const path = join(this.#root, ...parts)
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const made = this.#make(path, parts)
    this.#known.set(path, made)
    return made
  }

  async #make(path: string, parts: readonly string[]): Promise<void> {
    try {
      if (await ensureOwnFolder(path)) this.#unsynced.add(dirname(path)).add(path)
      // A link that came into the way a moment ago would lead us elsewhere.
      const root = await realpath(dirname(this.#root))
      const expected = join(root, path.slice(dirname(this.#root).length))
      if (parts.length > 0 && (await realpath(path)) !== expected) throw trespass(path)
    } catch (error) {
      throw writeError(error, path)
    }
  }
}
