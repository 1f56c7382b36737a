import type { ShareLayout } from '@p2pshare/content'

/** Finds the files of a layout by their path: an open-addressed table, 8 to 16 bytes a file. */
export class PathIndex {
  readonly #files: ShareLayout['files']
  /** File numbers + 1. */
  readonly #slots: Uint32Array

  constructor(files: ShareLayout['files']) {
    this.#files = files
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(files.length * 2 + 1)))
    for (const [file, { path }] of files.entries()) {
      let at = this.#start(path)
      while (this.#slots[at] !== 0) at = this.#next(at)
      this.#slots[at] = file + 1
    }
  }

  /** The file of that path; undefined when there is none. */
  find(path: readonly string[]): number | undefined {
    for (let at = this.#start(path); ; at = this.#next(at)) {
      const held = this.#slots[at] ?? 0
      if (held === 0) return undefined
      const known = this.#files.at(held - 1)?.path
      if (known?.length === path.length && known.every((name, depth) => name === path[depth])) return held - 1
    }
  }

  #start(path: readonly string[]): number {
    return hashOf(path) & (this.#slots.length - 1)
  }

  #next(at: number): number {
    return (at + 1) & (this.#slots.length - 1)
  }
}

/** FNV-1a over UTF-16 units, with a separator behind each name. */
function hashOf(path: readonly string[]): number {
  let hash = 0x811c9dc5
  for (const name of path) {
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ 0x2f, 0x01000193)
  }
  // The low bits of FNV are its weaker ones.
  return (hash ^ (hash >>> 15)) >>> 0
}
