import { type IndexNode, readIndexNode } from '../dag/index-node.ts'
import type { LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, contentFault } from '../fault.ts'
import type { IndexBlock } from '../layout/share-layout.ts'

/** The index blocks known so far, by `blockKey`. */
export class IndexSource {
  readonly #blocks = new Map<string, IndexBlock>()
  #size = 0

  get count(): number {
    return this.#blocks.size
  }

  /** Bytes of all blocks, each counted once. */
  get size(): number {
    return this.#size
  }

  has(key: string): boolean {
    return this.#blocks.has(key)
  }

  /** Keeps the block; one that is there already stays. */
  add(key: string, block: IndexBlock): void {
    if (this.#blocks.has(key)) return
    this.#blocks.set(key, block)
    this.#size += block.data.byteLength
  }

  block(key: string): IndexBlock | undefined {
    return this.#blocks.get(key)
  }

  /** Reads the node that a link names; anew each time, since nodes take more memory than blocks. */
  node(target: LinkTarget, key: string): IndexNode | ContentFault {
    const data = target.identity ? target.digest : this.#blocks.get(key)?.data
    return data === undefined
      ? contentFault('index-incomplete', 'an index block is missing')
      : readIndexNode(data)
  }
}
