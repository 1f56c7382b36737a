import { join } from 'node:path'
import type { ShareRoot } from '@p2pshare/ports'

/**
 * Where a share lies: at one path; or, as a folder that is nowhere on disk, with each entry at a path of its own.
 */
export class SharePlace {
  /** The file or folder itself; of several paths the folder that holds them all, which is not the share's. */
  readonly path: string
  /** Several paths, by name. */
  readonly roots: readonly ShareRoot[] | undefined
  readonly #paths: ReadonlyMap<string, string>

  constructor(path: string, roots?: readonly ShareRoot[]) {
    this.path = path
    this.roots = roots
    this.#paths = new Map(roots?.map((root) => [root.name, root.path]))
  }

  /** The path that an entry lies at or below, and the names below it, none when it is that path itself. */
  locate(parts: readonly string[]): { root: string; parts: readonly string[] } {
    const [first] = parts
    const root = first === undefined ? undefined : this.#paths.get(first)
    return root === undefined ? { root: this.path, parts } : { root, parts: parts.slice(1) }
  }

  pathOf(parts: readonly string[]): string {
    const found = this.locate(parts)
    return join(found.root, ...found.parts)
  }
}
