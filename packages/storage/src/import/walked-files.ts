import type { Identity } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import type { FoundFile } from './walk.ts'

const FIRST_CAPACITY = 256

/** A plain file at or below the seeded path. */
export interface WalkedFile {
  /** Its number among the {@link WalkedFiles}. */
  readonly number: number
  /** Names below the seeded path; empty when that is the file itself. */
  readonly parts: readonly string[]
  /** As `lstat` told; the file may have changed since. */
  readonly identity: Identity
}

/** What a walk found, in its order: a name and 45 bytes a file, and the names of a folder once for all in it. */
export class WalkedFiles implements Iterable<WalkedFile> {
  readonly #names: (string | undefined)[] = []
  readonly #folders: (readonly string[])[] = []
  readonly #folderOf: number[] = []
  #identities = new IdentityTable(FIRST_CAPACITY)
  #capacity = FIRST_CAPACITY
  #totalSize = 0

  get length(): number {
    return this.#names.length
  }

  /** Bytes of all files. */
  get totalSize(): number {
    return this.#totalSize
  }

  /** The seeded path is this one file. */
  addRoot(identity: Identity): void {
    this.#add([], undefined, identity)
  }

  add({ folder, name, identity }: FoundFile): void {
    this.#add(folder, name, identity)
  }

  parts(file: number): readonly string[] {
    const folder = this.#folders[this.#folderOf[file] ?? 0] ?? []
    const name = this.#names[file]
    return name === undefined ? folder : [...folder, name]
  }

  *[Symbol.iterator](): Generator<WalkedFile> {
    for (let file = 0; file < this.length; file++) {
      const identity = this.#identities.get(file)
      if (identity !== undefined) yield { number: file, parts: this.parts(file), identity }
    }
  }

  #add(folder: readonly string[], name: string | undefined, identity: Identity): void {
    const file = this.length
    if (file === this.#capacity) {
      this.#capacity *= 2
      this.#identities = new IdentityTable(this.#capacity, this.#identities)
    }
    if (this.#folders.at(-1) !== folder) this.#folders.push(folder)
    this.#names.push(name)
    this.#folderOf.push(this.#folders.length - 1)
    this.#identities.set(file, identity)
    this.#totalSize += identity.size
  }
}
