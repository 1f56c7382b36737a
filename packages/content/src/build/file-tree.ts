import { equals } from 'uint8arrays/equals'
import { invariant } from '@p2pshare/base'
import { DAG_PB, EMPTY_DIGEST, RAW } from '../cid/supported-cid.ts'
import { NODE_WIDTH, PIECE_SIZE } from '../limits.ts'
import { type BuiltNode, encodeFileNode } from './encode-node.ts'

/** Keeps an index block and answers its sha2-256 digest. */
export type KeepBlock = (block: Uint8Array) => Uint8Array

/** One level of the balanced tree: children whose parent is not made yet. */
interface Level {
  waiting: BuiltNode[]
  /** Parents made of earlier children. */
  parents: number
}

/**
 * The balanced tree of one file, built from the left. A node is made as soon as its 1024 children
 * are there, so at most 1023 children a level wait.
 */
export class FileTree {
  readonly #keep: KeepBlock
  readonly #levels: Level[] = [{ waiting: [], parents: 0 }]
  #lastSize = PIECE_SIZE
  #pieces = 0

  constructor(keep: KeepBlock) {
    this.#keep = keep
  }

  /** Adds the next leaf; the digest is copied. */
  add(digest: Uint8Array, size: number): void {
    invariant(digest.byteLength === EMPTY_DIGEST.byteLength, `digest of ${digest.byteLength} bytes`)
    invariant(Number.isInteger(size) && size >= 1 && size <= PIECE_SIZE, `piece of ${size} bytes`)
    invariant(this.#lastSize === PIECE_SIZE, 'a piece after one shorter than 1 MiB')
    invariant(!equals(digest, EMPTY_DIGEST), 'a piece with the digest of nothing')
    this.#lastSize = size
    this.#pieces++
    this.#push(0, { codec: RAW, digest: new Uint8Array(digest), tsize: size, size })
  }

  /** Makes the remaining nodes and answers the top one; a lone leaf is its own tree, no leaf the empty one. */
  finish(): BuiltNode {
    const first = this.#levels[0]?.waiting[0]
    if (this.#pieces === 0) return { codec: RAW, digest: EMPTY_DIGEST, tsize: 0, size: 0 }
    if (this.#pieces === 1 && first !== undefined) return first
    for (let i = 0; ; i++) {
      this.#makeParent(i)
      const above = this.#levels[i + 1]
      const [top, second] = above?.waiting ?? []
      if (top !== undefined && second === undefined && above?.parents === 0) return top
      invariant(above !== undefined, 'a file tree without a top')
    }
  }

  #push(level: number, node: BuiltNode): void {
    this.#levels[level] ??= { waiting: [], parents: 0 }
    const { waiting } = this.#levels[level]
    waiting.push(node)
    if (waiting.length === NODE_WIDTH) this.#makeParent(level)
  }

  #makeParent(level: number): void {
    const here = this.#levels[level]
    if (here === undefined || here.waiting.length === 0) return
    const children = here.waiting
    here.waiting = []
    here.parents++
    const block = encodeFileNode(children)
    let tsize = block.byteLength
    let size = 0
    for (const child of children) {
      tsize += child.tsize
      size += child.size
    }
    this.#push(level + 1, { codec: DAG_PB, digest: this.#keep(block), tsize, size })
  }
}
