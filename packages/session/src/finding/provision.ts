import type { Bitfield } from '@p2pshare/base'
import type { Provision } from '@p2pshare/engine'

/** Looks at this many missing pieces at most: enough to see that one is with nobody. */
const MOST_LOOKED_AT = 100_000

/**
 * How well a share is provided for by the maps of its peers.
 * @param have - ours; undefined before the index is known
 * @param maps - of the connected peers; undefined for who has not said yet
 */
export function provisionOf(have: Bitfield | undefined, maps: readonly (Bitfield | undefined)[]): Provision {
  if (have === undefined) return { useful: maps.length, covered: true }
  const useful = maps.filter(
    (map) => map === undefined || (map.length === have.length && have.lacksSomeOf(map))
  )
  const known = useful.filter((map) => map !== undefined)
  const covered = known.length < useful.length || firstUncovered(have, known) === undefined
  return { useful: useful.length, covered }
}

/** The first missing piece that none of the maps has. */
function firstUncovered(have: Bitfield, maps: readonly Bitfield[]): number | undefined {
  if (maps.some((map) => map.isFull)) return undefined
  let looked = 0
  for (let i = have.nextClear(); i !== -1 && looked < MOST_LOOKED_AT; i = have.nextClear(i + 1), looked++)
    if (!maps.some((map) => map.has(i))) return i
  return undefined
}
