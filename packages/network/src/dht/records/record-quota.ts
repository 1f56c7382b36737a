/** A store of records that shares a {@link RecordQuota}. */
export interface QuotaMember {
  /** Records held. */
  readonly size: number
  /** Records of its heaviest network. */
  readonly weight: number
  /** Drops some records of it. */
  dropHeaviest(): void
}

/** How many records all DHTs of a node keep together. Over it the heaviest network of all of them loses. */
export class RecordQuota {
  readonly #max: number
  readonly #members: QuotaMember[] = []

  constructor(max: number) {
    this.#max = max
  }

  join(member: QuotaMember): void {
    this.#members.push(member)
  }

  makeRoom(): void {
    while (this.#members.reduce((sum, { size }) => sum + size, 0) > this.#max) {
      // With one member, which is most nodes, nothing has to be weighed.
      const heaviest =
        this.#members.length === 1
          ? this.#members[0]
          : this.#members.reduce((a, b) => (b.weight > a.weight ? b : a))
      heaviest?.dropHeaviest()
    }
  }
}
