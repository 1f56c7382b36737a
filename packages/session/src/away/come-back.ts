/** Decides when files that were away are opened again: not while somebody still copies them, and not twice in vain. */
export class ComeBack {
  #seen: string | undefined
  #tried: string | undefined

  /**
   * @param mark - of a look that saw something there
   * @returns whether to try now: it was the same in two looks in a row, and is not what was tried before
   */
  saw(mark: string): boolean {
    const isSettled = mark === this.#seen
    this.#seen = mark
    if (!isSettled || mark === this.#tried) return false
    this.#tried = mark
    return true
  }

  /** Nothing was there. */
  sawNothing(): void {
    this.#seen = undefined
    this.#tried = undefined
  }
}
