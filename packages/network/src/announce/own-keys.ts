import type { Clock } from '@p2pshare/base'
import type { ContentKey, Publication } from '@p2pshare/ports'
import { equals } from 'uint8arrays/equals'

/** Keys taken into the index between two turns of the event loop. */
const SLICE = 4096

/** Open-addressed table of key indices + 1 by the first bytes of the key: about 8 bytes a key. */
interface Index {
  publication: Publication
  slots: Uint32Array
}

/**
 * Tells whether a key is of our own content, for answering as a DHT server. Digests are evenly
 * spread, so their first four bytes are the hash.
 */
export class OwnKeys {
  readonly #clock: Clock
  readonly #indexes = new Map<string, Index>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Indexes a publication, a slice at a time; its root counts at once. Replaces one of the same share. */
  add(publication: Publication): void {
    const total = totalKeys(publication)
    const index = { publication, slots: new Uint32Array(2 ** Math.ceil(Math.log2(total * 1.5 + 1))) }
    this.#indexes.set(publication.share, index)
    this.#fill(index, 0, total)
  }

  remove(share: string): void {
    this.#indexes.delete(share)
  }

  has(key: ContentKey): boolean {
    for (const index of this.#indexes.values()) if (find(index, key)) return true
    return false
  }

  #fill(index: Index, from: number, total: number): void {
    if (this.#indexes.get(index.publication.share) !== index) return
    const to = Math.min(total, from + SLICE)
    for (let i = from; i < to; i++) insert(index, i)
    if (to < total) this.#clock.after(0 as never, () => this.#fill(index, to, total))
  }
}

/** Keys of a publication: the root, then files, then chunks. */
function totalKeys(publication: Publication): number {
  return 1 + publication.files.count + publication.chunks.count
}

/** The key at an index of {@link totalKeys}. */
function keyAt(publication: Publication, index: number): ContentKey {
  if (index === 0) return publication.root
  const file = index - 1
  if (file < publication.files.count) return publication.files.key(file)
  return publication.chunks.key(file - publication.files.count)
}

function hashOf(key: ContentKey): number {
  return (((key[0] ?? 0) << 24) | ((key[1] ?? 0) << 16) | ((key[2] ?? 0) << 8) | (key[3] ?? 0)) >>> 0
}

function insert(index: Index, i: number): void {
  const { slots, publication } = index
  const key = keyAt(publication, i)
  const mask = slots.length - 1
  for (let at = hashOf(key) & mask; ; at = (at + 1) & mask) {
    const held = slots[at] ?? 0
    if (held === 0) {
      slots[at] = i + 1
      return
    }
    // A file of zeros has the same chunk a million times over: one entry is enough.
    if (equals(keyAt(publication, held - 1), key)) return
  }
}

function find({ slots, publication }: Index, key: ContentKey): boolean {
  const mask = slots.length - 1
  for (let at = hashOf(key) & mask; ; at = (at + 1) & mask) {
    const held = slots[at] ?? 0
    if (held === 0) return false
    if (equals(keyAt(publication, held - 1), key)) return true
  }
}
