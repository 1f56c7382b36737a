/** Remembers texts for a while, so that what is told again and again is acted on once. */
export class LatelyTold {
  readonly #most: number
  readonly #age: number
  #young = new Set<string>()
  #old = new Set<string>()
  #turned = 0

  /**
   * @param most - texts remembered, at least; at most twice as many
   * @param age - ms after which a text counts as new again, at most twice as long
   */
  constructor(most: number, age: number) {
    this.#most = most
    this.#age = age
  }

  /** Whether a text is new at a time (monotonic, ms); remembers it. */
  isNew(text: string, now: number): boolean {
    if (now - this.#turned > 2 * this.#age) this.#young.clear()
    if (this.#young.size >= this.#most || now - this.#turned > this.#age) {
      this.#old = this.#young
      this.#young = new Set()
      this.#turned = now
    }
    if (this.#young.has(text)) return false
    this.#young.add(text)
    return !this.#old.has(text)
  }
}
