import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { createHash } from 'node:crypto'
import type { ContentKey, Publication } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'

/** How far one publication is in one DHT; a small row of the value store. */
export interface Progress {
  /** Changes with the lists of the publication. */
  fingerprint: string
  /** Keys before this index are announced in the running round. */
  cursor: number
  /** Wall time (ms) at which the running round began; 0 before the first. */
  startedAt: number
  /** Wall time at which the round before began; 0 when there is none. Its records still stand. */
  previousAt: number
}

/** A publication and its progress in one DHT. */
export interface Announced {
  publication: Publication
  progress: Progress
  /** The root is announced first after each start, wherever the cursor stands. */
  rootDue: boolean
}

/** Keys of a publication: the root, then files, then chunks. */
export function totalKeys(publication: Publication): number {
  return 1 + publication.files.count + publication.chunks.count
}

/** The key at an index of {@link totalKeys}. */
export function keyAt(publication: Publication, index: number): ContentKey {
  if (index === 0) return publication.root
  const file = index - 1
  if (file < publication.files.count) return publication.files.key(file)
  return publication.chunks.key(file - publication.files.count)
}

/** Names the lists of a publication: equal for the same share with the same counts, as content ids fix the rest. */
export function fingerprintOf(publication: Publication): string {
  const hash = createHash('sha256').update(publication.root)
  hash.update(`${publication.files.count} ${publication.chunks.count}`)
  if (publication.chunks.count > 0)
    hash.update(publication.chunks.key(0)).update(publication.chunks.key(publication.chunks.count - 1))
  return hash.digest('hex').slice(0, 16)
}

/** Progress of a publication that starts anew. */
export function freshProgress(fingerprint: string): Progress {
  return { fingerprint, cursor: 0, startedAt: 0, previousAt: 0 }
}

/** The row for the value store. */
export function encodeProgress(progress: Progress): Uint8Array {
  return fromString(
    [progress.fingerprint, progress.cursor, progress.startedAt, progress.previousAt].join(' ')
  )
}

/**
 * Reads a row back.
 * @returns undefined when it is damaged, or belongs to other lists, so that the publication starts anew
 */
export function decodeProgress(
  row: Uint8Array | undefined,
  fingerprint: string,
  total: number
): Progress | undefined {
  if (row === undefined) return undefined
  const [stored, ...numbers] = toString(row).split(' ')
  const [cursor, startedAt, previousAt] = numbers.map(Number)
  const whole = [cursor, startedAt, previousAt].every((n) => Number.isSafeInteger(n) && (n ?? -1) >= 0)
  if (stored !== fingerprint || !whole || (cursor ?? 0) > total) return undefined
  return { fingerprint, cursor: cursor ?? 0, startedAt: startedAt ?? 0, previousAt: previousAt ?? 0 }
}

/** Whether the round is over and its records are old enough for the next one. */
export function isRoundDue(announced: Announced, now: number): boolean {
  const { progress, publication } = announced
  if (progress.cursor < totalKeys(publication)) return true
  // A start in the future comes from a clock that was wrong; the age is then unknown.
  return now - progress.startedAt >= ANNOUNCE.interval || progress.startedAt > now
}
