import type { FileIdentity } from '@p2pshare/ports'
import type { Identity } from './identity.ts'

/** Identities of the files of a share, by number, in flat arrays: 33 bytes a file. */
export class IdentityTable implements Iterable<FileIdentity> {
  readonly #known: Uint8Array
  readonly #sizes: Float64Array
  readonly #mtimes: BigInt64Array
  readonly #ctimes: BigInt64Array
  readonly #inodes: BigUint64Array

  /** @param files - how many there are; others are not taken */
  constructor(files: number, identities: Iterable<FileIdentity> = []) {
    this.#known = new Uint8Array(files)
    this.#sizes = new Float64Array(files)
    this.#mtimes = new BigInt64Array(files)
    this.#ctimes = new BigInt64Array(files)
    this.#inodes = new BigUint64Array(files)
    for (const identity of identities) this.set(identity.file, identity)
  }

  get(file: number): Identity | undefined {
    if (this.#known[file] !== 1) return undefined
    return {
      size: this.#sizes[file] ?? 0,
      mtime: this.#mtimes[file] ?? 0n,
      ctime: this.#ctimes[file] ?? 0n,
      inode: this.#inodes[file] ?? 0n
    }
  }

  set(file: number, { size, mtime, ctime, inode }: Identity): void {
    this.#known[file] = 1
    this.#sizes[file] = size
    this.#mtimes[file] = mtime
    this.#ctimes[file] = ctime
    this.#inodes[file] = inode
  }

  delete(file: number): void {
    this.#known[file] = 0
  }

  /** All that are known, by file number. */
  *[Symbol.iterator](): Generator<FileIdentity> {
    for (let file = 0; file < this.#known.length; file++) {
      const identity = this.get(file)
      if (identity !== undefined) yield { file, ...identity }
    }
  }
}
