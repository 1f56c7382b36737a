import { type EntryList, MadeList } from './entry-list.ts'
import type { NameTable } from './name-table.ts'
import { NumberList } from './number-list.ts'

/** Stands for the root where a folder is asked for. */
export const ROOT_FOLDER = -1

/** A path and what it is on disk; the same array where nothing differs. */
export interface Place {
  readonly path: readonly string[]
  readonly diskPath: readonly string[]
}

const NO_NAMES: readonly string[] = []
const ROOT: Place = { path: NO_NAMES, diskPath: NO_NAMES }

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
    const folder = this.#folders.place(this.#parents.at(index) - 1)
    const number = this.#nameOf.at(index)
    const name = this.#names.text(number)
    const disk = this.#names.disk(number) ?? name
    const path = [...folder.path, name]
    const same = disk === name && folder.diskPath === folder.path
    const place = { path, diskPath: same ? path : [...folder.diskPath, disk] }
    this.#last = { index, place }
    return place
  }

  /** All paths that are there now, as entries. */
  list<T>(make: (place: Place) => T): EntryList<T> {
    return new MadeList(this.length, (index) => make(this.place(index)))
  }
}
