import { type EntryList, MadeList } from './entry-list.ts'
import type { NameTable } from './name-table.ts'
import { NumberList } from './number-list.ts'

/** Stands for the root where a folder is asked for. */
export const ROOT_FOLDER = -1

/** A path and what it is on disk. */
export interface Place {
  readonly path: readonly string[]
  readonly diskPath: readonly string[]
}

const ROOT: Place = { path: [], diskPath: [] }

/** Paths as a folder and a name each: 8 bytes a path. Those of folders lead to folders of the same table. */
export class PathTable {
  readonly #names: NameTable
  readonly #folders: PathTable
  /** One more than the folder's number, so that 0 is the root. */
  readonly #parents = new NumberList()
  readonly #nameOf = new NumberList()
  /** The last path that was made: neighbours have their folder in common. */
  #last = { index: ROOT_FOLDER, place: ROOT }

  /** @param folders - where the folders of these paths are; left out for the table of folders itself */
  constructor(names: NameTable, folders?: PathTable) {
    this.#names = names
    this.#folders = folders ?? this
  }

  get length(): number {
    return this.#parents.length
  }

  /** Adds a path and answers its number. @param folder - of the folders, or {@link ROOT_FOLDER} */
  add(folder: number, name: number): number {
    this.#parents.push(folder + 1)
    this.#nameOf.push(name)
    return this.#parents.length - 1
  }

  /** The path of that number, made anew; that of the share's root where there is no such number. */
  place(index: number): Place {
    if (index < 0 || index >= this.length) return ROOT
    if (this.#last.index === index) return this.#last.place
    const { path, diskPath } = this.#folders.place(this.#parents.at(index) - 1)
    const name = this.#nameOf.at(index)
    const place = {
      path: [...path, this.#names.text(name)],
      diskPath: [...diskPath, this.#names.disk(name)]
    }
    this.#last = { index, place }
    return place
  }

  /** All paths that are there now, as entries. */
  list<T>(make: (place: Place) => T): EntryList<T> {
    return new MadeList(this.length, (index) => make(this.place(index)))
  }
}
