import { pieceIndex } from '@p2pshare/base'
import type { PriorityRange } from '@p2pshare/engine'

/** Pieces that a swarm is told of at once: some milliseconds of its work. */
const AT_ONCE = 20_000

/**
 * Priorities in parts that each concern so many pieces at most. What is wanted comes before what is skipped: between two
 * parts a swarm must not think that all is here.
 */
export function* priorityParts(ranges: readonly PriorityRange[], most = AT_ONCE): Generator<PriorityRange[]> {
  const wanted = ranges.filter(({ priority }) => priority > 0)
  const skipped = ranges.filter(({ priority }) => priority === 0)
  let part: PriorityRange[] = []
  let room = most
  for (const { start, count, priority } of [...wanted, ...skipped]) {
    for (let done = 0; done < count; ) {
      const taken = Math.min(room, count - done)
      part.push({ start: pieceIndex(start + done), count: taken, priority })
      done += taken
      room -= taken
      if (room > 0) continue
      yield part
      part = []
      room = most
    }
  }
  if (part.length > 0) yield part
}
