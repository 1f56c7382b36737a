import { multihashOf } from '../dht/kad-key.ts'
import { reasonOf } from '../errors.ts'
import { ANNOUNCE } from '../limits/index.ts'
import type { AnnouncerParts } from './announcer-parts.ts'
import { limitedMap } from './limited-map.ts'
import type { Announced } from './publication-state.ts'
import type { Between } from './record-sender.ts'

const AT_ONCE: Between = async () => undefined

/**
 * Gives roots that strangers have crowded around to the other servers of their region, too: the crowd
 * may be all of the closest, and keep the records to itself. What fails here is left: the closest have it.
 */
export async function guardRoots(
  { lane, sweeper, log }: AnnouncerParts,
  roots: readonly Announced[],
  signal: AbortSignal
): Promise<void> {
  if (lane.size <= ANNOUNCE.replicas) return
  for (const { publication } of roots) {
    if (signal.aborted) return
    const key = multihashOf(publication.root)
    try {
      const guardians = await lane.guardians(key, signal, ANNOUNCE.lookupTimeout)
      // The first are the closest, who were told.
      const others = guardians.slice(ANNOUNCE.replicas)
      if (others.length === 0) continue
      log.info({ share: publication.share, servers: others.length }, 'a crowded root goes to its region')
      await limitedMap(others, ANNOUNCE.concurrency, ({ id }) =>
        sweeper.spreader.sendTo(id.toString(), [key], AT_ONCE, signal)
      )
    } catch (error) {
      log.debug({ error: reasonOf(error) }, 'guarding a root failed')
    }
  }
}
