import { HOUR } from '@p2pshare/base'
import type { Provider } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'

/** The DHTs, for people. */
const NAMES: Partial<Record<Provider['source'], string>> = {
  'lan-dht': 'the LAN DHT',
  'amino-dht': 'the public DHT',
  'private-dht': 'the DHT of the private network'
}

/**
 * Warns before records end at {@link ANNOUNCE.validity}: announcing does not keep up, or nobody is reached.
 *
 * @param oldest - wall time (ms) of the oldest record; undefined without any
 */
export function ageWarning(
  source: Provider['source'],
  oldest: number | undefined,
  now: number
): string | undefined {
  if (oldest === undefined || now - oldest <= ANNOUNCE.warnAge) return undefined
  const hours = Math.floor((now - oldest) / HOUR)
  const where = NAMES[source] ?? source
  const ends = Math.floor(ANNOUNCE.validity / HOUR)
  return hours < ends
    ? `Records in ${where} were last announced ${hours} h ago and end at ${ends} h; others may soon not find some of what is shared. See whether its servers can be reached: p2pshare doctor.`
    : `Records in ${where} were last announced ${hours} h ago and have ended; others do not find some of what is shared there until they are announced again.`
}
