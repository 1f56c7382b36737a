import type { Catalogue } from '@p2pshare/ports'

/** Where the catalogue keeps targets that the user allowed to replace, over restarts. */
const AREA = 'storage.replace'

/** Remembers whether the user allowed to replace what is at `target` (`--force`). */
export function wishToReplace(catalogue: Catalogue, target: string, force: boolean): void {
  const wishes = catalogue.values(AREA)
  if (force) wishes.put(target, new Uint8Array(0))
  else wishes.delete(target)
}

export function mayReplace(catalogue: Catalogue, target: string): boolean {
  return catalogue.values(AREA).get(target) !== undefined
}

/** The wish is fulfilled: it does not hold for the next download to the same name. */
export function replaced(catalogue: Catalogue, target: string): void {
  catalogue.values(AREA).delete(target)
}
