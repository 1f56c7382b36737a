import { join } from 'node:path'
import { canonicalCid, keyMissing, type SealedTree, type ShareRef } from '@p2pshare/content'
import type { ShareRecord } from '@p2pshare/ports'
import { newRecord, takeKeyOf } from '../fetching/fetch-plan.ts'
import type { NodeParts } from '../node-parts.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import { loadLayout } from '../share/share-layouts.ts'
import { type ReadSource, type ReadStep, ShareReader, type ReadWish } from './share-reader.ts'
import { forgetTemporary, isTemporary, markedTemporary, putTemporary } from './temporary-shares.ts'

/** The shares of the node, as far as reading needs them. */
export interface SharesToRead {
  find(cid: string): ShareDriver | undefined
  /** @param record - stored already */
  add(record: ShareRecord): ShareDriver
  /** From now on it is fetched whatever the queue says. */
  force(cid: string): void
  remove(driver: ShareDriver, deleteFiles: boolean): Promise<void>
}

/** A share that is here only because it is read. */
interface Temporary {
  readonly driver: ShareDriver
  readers: number
}

/**
 * Reads files of shares while they come. Of a share that this node does not have, a temporary one is made: nothing of
 * it is wanted but what its readers need next, it is announced to nobody, and it goes with its last reader. A disk, not
 * memory, holds what was read, since a reader may be slow, and peers are given what they ask for meanwhile.
 */
export class Readings {
  readonly #parts: NodeParts
  readonly #shares: SharesToRead
  readonly #temporary = new Map<string, Temporary>()
  readonly #ending = new Map<string, Promise<void>>()

  constructor(parts: NodeParts, shares: SharesToRead) {
    this.#parts = parts
    this.#shares = shares
  }

  /**
   * Reads; see {@link ShareReader.read}. Ends early when aborted.
   * @throws ShareError also `content.wrong-key`, `content.key-missing`, `session.here-without-key`
   */
  read(ref: ShareRef, wish: ReadWish, signal: AbortSignal): AsyncGenerator<ReadStep, void> {
    return this.#reading(ref, (source) => new ShareReader(source, signal).read(wish))
  }

  /**
   * What a private share holds whose key is in `ref`, or here; undefined when aborted.
   * @throws ShareError as {@link read}; `content.key-missing` of any other share
   */
  tree(ref: ShareRef, signal: AbortSignal): AsyncGenerator<ReadStep, SealedTree | undefined> {
    return this.#reading(ref, (source) => {
      const open = source.opener()
      if (open === undefined) throw keyMissing(canonicalCid(ref.root))
      return new ShareReader(source, signal).tree(open)
    })
  }

  /** Reads of the share that is here, or of a temporary one, which goes with its last reader. */
  async *#reading<Result>(
    ref: ShareRef,
    read: (source: ReadSource) => AsyncGenerator<ReadStep, Result>
  ): AsyncGenerator<ReadStep, Result> {
    const { files, clock } = this.#parts
    const cid = canonicalCid(ref.root)
    await this.#ending.get(cid)
    const recordKey = takeKeyOf(ref, files, this.#shares.find(cid)?.record)
    if (this.#shares.find(cid) === undefined) this.#begin(cid, ref, recordKey)
    const temporary = this.#temporary.get(cid)
    if (temporary !== undefined) temporary.readers++
    // One that is being removed is not read.
    const find = (): ShareDriver | undefined => (this.#ending.has(cid) ? undefined : this.#shares.find(cid))
    try {
      return yield* read({ find, opener: () => files.opener(cid), clock })
    } finally {
      if (temporary !== undefined && --temporary.readers === 0) await this.#end(temporary)
    }
  }

  /** Whether a share is here only because it is read. */
  isTemporary(record: ShareRecord): boolean {
    return isTemporary(this.#parts.catalogue, record)
  }

  /** The share is wanted for good from now on: a temporary one makes room, and its readers follow the other. */
  async release(cid: string): Promise<void> {
    const temporary = this.#temporary.get(cid)
    if (temporary !== undefined) await this.#end(temporary)
    else await this.#ending.get(cid)
  }

  /** Deletes what a run left that was killed. @returns the shares that are not to be started */
  clear(): ReadonlySet<string> {
    const { catalogue } = this.#parts
    const left = new Set<string>()
    for (const cid of markedTemporary(catalogue)) {
      const record = catalogue.share(cid)
      if (record === undefined || !isTemporary(catalogue, record)) forgetTemporary(catalogue, cid)
      else {
        left.add(cid)
        this.#finish(cid, () => this.#delete(record))
      }
    }
    return left
  }

  /** Resolves when nothing is being removed any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#ending.values())
  }

  #begin(cid: string, ref: ShareRef, recordKey: (() => void) | undefined): void {
    const { catalogue, temporaryFolder = '/temporary' } = this.#parts
    const record = newRecord(this.#parts, cid, ref, join(temporaryFolder, cid))
    catalogue.transaction(() => {
      catalogue.putShare(record)
      recordKey?.()
      putTemporary(catalogue, cid, temporaryFolder)
    })
    const driver = this.#shares.add(record)
    this.#temporary.set(cid, { driver, readers: 0 })
    // Somebody waits for it.
    this.#shares.force(cid)
    driver.wishes.chooseNothing()
    driver.start()
  }

  async #end(temporary: Temporary): Promise<void> {
    const { driver } = temporary
    const { cid } = driver
    if (this.#temporary.get(cid) === temporary) {
      this.#temporary.delete(cid)
      this.#finish(cid, async () => {
        const { catalogue } = this.#parts
        const isOurs = this.#shares.find(cid) === driver && isTemporary(catalogue, driver.record)
        if (isOurs) await this.#shares.remove(driver, true)
        forgetTemporary(catalogue, cid)
      })
    }
    await this.#ending.get(cid)
  }

  async #delete(record: ShareRecord): Promise<void> {
    const { catalogue, files } = this.#parts
    const { cid } = record
    await files.remove(cid, layoutOf(catalogue, record), { content: true })
    catalogue.removeShare(cid)
    catalogue.values('selection').delete(cid)
    forgetTemporary(catalogue, cid)
  }

  #finish(cid: string, work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) =>
        this.#parts.log.warn({ cid, error }, 'what was left of a share that was read could not be removed')
      )
      .finally(() => this.#ending.delete(cid))
    this.#ending.set(cid, done)
  }
}

/** A damaged index must not keep the rest from being deleted. */
function layoutOf(catalogue: NodeParts['catalogue'], record: ShareRecord): ReturnType<typeof loadLayout> {
  try {
    return loadLayout(catalogue, record)
  } catch {
    return undefined
  }
}
