/** Blocks kept for the next sub-range of the same piece; at most 2 MiB each. */
const CACHED_BLOCKS = 8

/**
 * The last blocks that were read and hashed. What passed its hash stays right whatever happens to
 * the file, so nothing here ever goes stale. One cache serves all shares.
 */
export class BlockCache {
  readonly #blocks = new Map<string, Promise<Uint8Array>>()

  /** The block, from here or from `load`; who asks meanwhile waits for the same load. */
  get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#blocks.get(key)
    this.#blocks.delete(key)
    const block = known ?? load()
    this.#blocks.set(key, block)
    if (known === undefined) {
      block.catch(() => {
        if (this.#blocks.get(key) === block) this.#blocks.delete(key)
      })
      this.#makeRoom()
    }
    return block
  }

  #makeRoom(): void {
    for (const key of this.#blocks.keys()) {
      if (this.#blocks.size <= CACHED_BLOCKS) return
      this.#blocks.delete(key)
    }
  }
}
