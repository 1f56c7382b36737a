import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { createHash } from 'node:crypto'
import type { KeyList, Publication } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'
import { type KeyOrder, orderOfOne } from './key-order.ts'
import { SLOTS } from './sweep-schedule.ts'

/** Kinds of keys, in the order in which new ones are announced. */
export type ListKind = 'root' | 'files' | 'chunks'

/** One list of a publication, and how far it is announced in one DHT. */
export interface AnnouncedList {
  readonly kind: ListKind
  readonly keys: KeyList
  /** Servers that hold each record. */
  readonly replicas: number
  /** Changes with the keys. */
  readonly fingerprint: string
  /** The keys in order of the key space; undefined until they are needed. */
  order: KeyOrder | undefined
  /** New keys go out by a sweep of their own: those of slots before this one are announced. From then on the cycle has them. */
  cursor: number
  /** Wall time (ms) at which that sweep began; 0 before it. */
  at: number
  /** Withdrawn: what is under way leaves it out. */
  isGone: boolean
}

/** A publication and its state in one DHT. */
export interface Announced {
  readonly publication: Publication
  /** Root, files, chunks. */
  readonly lists: readonly [AnnouncedList, AnnouncedList, AnnouncedList]
  /** Names the addresses that the records of the root say; empty before it was announced. */
  addresses: string
}

/** Lists that nothing is known of; see {@link restore}. */
export function freshState(publication: Publication): Announced {
  const { root, files, chunks } = publication
  const rootList = { ...freshList('root', { count: 1, key: () => root }), order: orderOfOne(root) }
  return {
    publication,
    lists: [rootList, freshList('files', files), freshList('chunks', chunks)],
    addresses: ''
  }
}

function freshList(kind: ListKind, keys: KeyList): AnnouncedList {
  return {
    kind,
    keys,
    replicas: kind === 'root' ? ANNOUNCE.rootReplicas : ANNOUNCE.replicas,
    fingerprint: fingerprintOf(keys),
    order: undefined,
    cursor: keys.count === 0 ? SLOTS : 0,
    at: 0,
    isGone: false
  }
}

/** Keys of a publication. */
export function totalKeys({ lists }: Announced): number {
  return lists.reduce((sum, { keys }) => sum + keys.count, 0)
}

/** Names a list of content ids: first, last and number tell two lists of one share apart. */
function fingerprintOf(keys: KeyList): string {
  const hash = createHash('sha256').update(String(keys.count))
  if (keys.count > 0) hash.update(keys.key(0)).update(keys.key(keys.count - 1))
  return hash.digest('hex').slice(0, 16)
}

/** The row for the value store. */
export function encodeState({ lists, addresses }: Announced): Uint8Array {
  const parts = lists.map(({ fingerprint, cursor, at }) => `${fingerprint} ${cursor} ${at}`)
  return fromString([...parts, addresses].join(' '))
}

/**
 * Takes over what a row says of each list whose keys are still the same; a damaged row says nothing.
 * A time in the future comes from a clock that was wrong, and counts as now.
 *
 * @param now - wall time, ms
 */
export function restore(announced: Announced, row: Uint8Array | undefined, now: number): void {
  const words = row === undefined ? [] : toString(row).split(' ')
  announced.addresses = words[9] ?? ''
  for (const [i, list] of announced.lists.entries()) {
    const [fingerprint, ...numbers] = words.slice(3 * i, 3 * i + 3)
    const [cursor, at] = numbers.map(Number)
    if (fingerprint !== list.fingerprint || !isCount(cursor) || !isCount(at)) continue
    if (cursor > SLOTS || (cursor > 0 && at === 0 && list.keys.count > 0)) continue
    list.cursor = list.keys.count === 0 ? SLOTS : cursor
    list.at = Math.min(at, now)
  }
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0
}
