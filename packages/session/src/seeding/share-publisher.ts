import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, KeyValueStore, ShareRecord } from '@p2pshare/ports'
import type { NodeParts } from '../node-parts.ts'
import { newerVersion } from './older-version.ts'
import { type AnnounceLevel, publicationOf } from './publication.ts'
import { isTemporary } from '../reading/temporary-shares.ts'

/**
 * Announces one share, and no more of it than its owner wants: the level is stored with the share,
 * and the daemon's own counts where none is.
 */
export class SharePublisher {
  readonly #parts: Pick<NodeParts, 'directory' | 'catalogue' | 'settings'>
  readonly #record: Readonly<Pick<ShareRecord, 'cid' | 'complete' | 'path'>>
  readonly #layout: () => ShareLayout | undefined
  #isPublished = false

  /** @param layout - answers undefined while the index is not known */
  constructor(
    parts: Pick<NodeParts, 'directory' | 'catalogue' | 'settings'>,
    record: Readonly<Pick<ShareRecord, 'cid' | 'complete' | 'path'>>,
    layout: () => ShareLayout | undefined
  ) {
    this.#parts = parts
    this.#record = record
    this.#layout = layout
  }

  get level(): AnnounceLevel {
    const stored = levelsOf(this.#parts.catalogue).get(this.#record.cid)
    const text = stored === undefined ? undefined : toString(stored)
    return LEVELS.find((level) => level === text) ?? this.#parts.settings?.announce ?? 'chunks'
  }

  /** Chooses a level for good; what is announced already changes with it. */
  choose(level: AnnounceLevel): void {
    levelsOf(this.#parts.catalogue).put(this.#record.cid, fromString(level))
    if (this.#isPublished) this.publish()
  }

  /** There is something to be found, or more than before. */
  publish(): void {
    const layout = this.#layout()
    if (layout === undefined || isTemporary(this.#parts.catalogue, this.#record)) return
    this.#isPublished = true
    const { cid } = this.#record
    // Of an older version only the root: its files and chunks may be there no more.
    const complete = this.#record.complete && newerVersion(this.#parts.catalogue, cid) === undefined
    this.#parts.directory.publish(publicationOf(cid, layout, complete, this.level))
  }

  /** Nothing of it is to be found any more. Not for a stop of the daemon, after which it goes on. */
  withdraw(): void {
    this.#isPublished = false
    this.#parts.directory.withdraw(this.#record.cid)
  }

  /** The share is removed, and the choice with it. */
  forget(): void {
    this.withdraw()
    levelsOf(this.#parts.catalogue).delete(this.#record.cid)
  }
}

const LEVELS: readonly AnnounceLevel[] = ['roots', 'files', 'chunks']

function levelsOf(catalogue: Catalogue): KeyValueStore {
  return catalogue.values('announce')
}
