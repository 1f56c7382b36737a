/**
 * A list whose entries are made when they are asked for: keep numbers, not entries. An array is one as well.
 */
export interface EntryList<T> extends Iterable<T> {
  readonly length: number
  /** @param index - 0 … length − 1 */
  at(index: number): T | undefined
  /** All indices, in order. */
  keys(): IterableIterator<number>
  /** All entries with their indices, in order. */
  entries(): IterableIterator<[number, T]>
}

/** The list of `length` entries that `make` makes. */
export class MadeList<T> implements EntryList<T> {
  readonly length: number
  readonly #make: (index: number) => T

  constructor(length: number, make: (index: number) => T) {
    this.length = length
    this.#make = make
  }

  at(index: number): T | undefined {
    return Number.isInteger(index) && index >= 0 && index < this.length ? this.#make(index) : undefined
  }

  *keys(): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield i
  }

  *entries(): IterableIterator<[number, T]> {
    for (let i = 0; i < this.length; i++) yield [i, this.#make(i)]
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.length; i++) yield this.#make(i)
  }
}
