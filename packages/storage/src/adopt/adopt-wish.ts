import type { Catalogue } from '@p2pshare/ports'

/** Where the catalogue keeps targets whose present content is to be taken over, over restarts. */
const AREA = 'storage.adopt'

/** What the user allowed of what is at a target. */
export interface AdoptWish {
  /** Files that are partly right may be repaired, and others moved aside (`--force`). */
  readonly mayRepair: boolean
}

/** Remembers that a download begins with what is at `target` (`--adopt`), or that it does not. */
export function wishToAdopt(catalogue: Catalogue, target: string, wish: AdoptWish | undefined): void {
  const wishes = catalogue.values(AREA)
  if (wish === undefined) wishes.delete(target)
  else wishes.put(target, Uint8Array.of(wish.mayRepair ? 1 : 0))
}

export function adoptWish(catalogue: Catalogue, target: string): AdoptWish | undefined {
  const stored = catalogue.values(AREA).get(target)
  return stored === undefined ? undefined : { mayRepair: stored[0] === 1 }
}
