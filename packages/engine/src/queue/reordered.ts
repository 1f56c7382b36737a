/** Where in the queue a job goes; a number is its place, the first is 1. */
export type QueueMove = 'first' | 'last' | 'up' | 'down' | number

/**
 * The order after one job was moved. Ids that do not stand in the queue (paused jobs, which keep their place for
 * later) are passed over when places are counted.
 *
 * @param order - all ids; not changed
 * @param stands - whether an id has a place in the queue now
 * @param move - a place below 1 counts as the first, one beyond the end as the last
 */
export function reordered(
  order: readonly string[],
  stands: (id: string) => boolean,
  id: string,
  move: QueueMove
): string[] {
  const standing = order.filter((each) => each === id || stands(each))
  const rest = order.filter((each) => each !== id)
  const standingRest = standing.filter((each) => each !== id)
  const place = placeOf(move, standing.indexOf(id), standingRest.length)
  const next = standingRest[place]
  const last = standingRest.at(-1)
  // Right behind the last one that stands, not behind those that may come back some day.
  const at = next !== undefined ? rest.indexOf(next) : last === undefined ? 0 : rest.lastIndexOf(last) + 1
  return [...rest.slice(0, at), id, ...rest.slice(at)]
}

/** Number of jobs that stand before it then, 0 … others. */
function placeOf(move: QueueMove, now: number, others: number): number {
  const wanted =
    move === 'first'
      ? 0
      : move === 'last'
        ? others
        : move === 'up'
          ? now - 1
          : move === 'down'
            ? now + 1
            : move - 1
  return Math.min(Math.max(0, wanted), others)
}
