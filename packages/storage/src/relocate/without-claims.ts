import type { Catalogue, FileIdentity } from '@p2pshare/ports'

/** A catalogue for a check whose findings are not to be recorded yet: what a store says of pieces and files stays here. */
export class WithoutClaims {
  readonly catalogue: Catalogue
  readonly #identities = new Map<number, FileIdentity>()

  constructor(real: Catalogue) {
    const kept: Partial<Catalogue> = {
      putHave: () => undefined,
      putIdentities: (_cid, identities) => {
        for (const identity of identities) this.#identities.set(identity.file, identity)
      }
    }
    this.catalogue = new Proxy(real, {
      get(target, name) {
        const own: unknown = Reflect.get(kept, name)
        if (own !== undefined) return own
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
  }

  /** Of files that were found to be right. */
  get identities(): Iterable<FileIdentity> {
    return this.#identities.values()
  }
}
