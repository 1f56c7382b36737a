/** The inodes of a share's files, by number: 9 bytes a file. */
export class InodeTable {
  readonly #known: Uint8Array
  readonly #inodes: BigUint64Array

  constructor(files: number) {
    this.#known = new Uint8Array(files)
    this.#inodes = new BigUint64Array(files)
  }

  get(file: number): bigint | undefined {
    return this.has(file) ? this.#inodes[file] : undefined
  }

  has(file: number): boolean {
    return this.#known[file] === 1
  }

  set(file: number, inode: bigint): void {
    this.#known[file] = 1
    this.#inodes[file] = inode
  }

  delete(file: number): void {
    this.#known[file] = 0
  }
}
