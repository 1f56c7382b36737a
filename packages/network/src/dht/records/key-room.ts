import type { Announcer, Host } from './announcer-book.ts'
import type { RecordShard } from './record-shard.ts'
import type { RecordKey } from './record-table.ts'

/** What {@link makeRoomAtKey} needs to know. */
export interface KeyRoom {
  /** Providers that one key may have. */
  most: number
  /** The announcer of a record, as long as the record counts. */
  live: (id: number, time: number) => Announcer | undefined
  /** One of its records is gone. */
  dropped: (loser: Announcer) => void
}

/**
 * Sees to it that one more provider of a key may be kept. At a full key the block of addresses that has most
 * providers there loses its oldest, when it has more than the newcomer's block: many names from one place
 * crowd nobody else out.
 *
 * @returns false when the newcomer has to stay out
 */
export function makeRoomAtKey(
  shard: RecordShard,
  key: RecordKey,
  newcomer: Announcer,
  { most, live, dropped }: KeyRoom
): boolean {
  const there: { announcer: Announcer; time: number }[] = []
  shard.each(key.high, key.low, (id, time) => {
    const announcer = live(id, time)
    if (announcer !== undefined) there.push({ announcer, time })
  })
  if (there.length < most) return true
  const hosts = new Map<Host, number>()
  for (const { announcer } of there) hosts.set(announcer.host, (hosts.get(announcer.host) ?? 0) + 1)
  const [crowd, count] = [...hosts].reduce((a, b) => (b[1] > a[1] ? b : a))
  if (count <= (hosts.get(newcomer.host) ?? 0) + 1) return false
  const oldest = there
    .filter(({ announcer }) => announcer.host === crowd)
    .reduce((a, b) => (b.time < a.time ? b : a))
  shard.keep((id, _, high, low) => id !== oldest.announcer.id || high !== key.high || low !== key.low)
  dropped(oldest.announcer)
  return true
}
