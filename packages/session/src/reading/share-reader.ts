import { type ByteRange, type Clock, millis, type PieceIndex, placeByteRange, SECOND } from '@p2pshare/base'
import { fileAt, type SealedTree, type ShareLayout } from '@p2pshare/content'
import { RateMeter } from '@p2pshare/engine'
import type { BlockOpener } from '@p2pshare/ports'
import type { LentBytes } from '../serving/block-cache.ts'
import { inTurns } from '../in-turns.ts'
import { readForPeer } from '../serving/read-for-peer.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import type { ShareStage } from '../share/share-stage.ts'
import { Doorbell } from './doorbell.ts'
import { checkMayCome, rangeBeyondEnd, shareRemoved } from './read-errors.ts'
import { ReadWindow } from './read-window.ts'
import { layoutFile, partOfFile, type ReadableFile, sealedBytes } from './readable-file.ts'
import { readSealedTree } from './sealed-tree.ts'

/** What is read of a share. */
export interface ReadWish {
  /** Names of the file from the share's root down; none in a share that is one file. */
  readonly path: readonly string[]
  /** Left out: all of the file. */
  readonly range?: ByteRange | undefined
}

/** What reading tells. */
export type ReadStep =
  /** Nothing new is here; the share is being fetched. */
  | { readonly kind: 'waiting'; readonly driver: ShareDriver }
  /** The file is known: bytes `start` up to, not with, `end` of `size` follow. */
  | {
      readonly kind: 'file'
      readonly size: number
      readonly start: number
      readonly end: number
    }
  /** The next bytes, in order, lent as `LentBytes` are. */
  | ({ readonly kind: 'bytes' } & LentBytes)

/** Where a reader gets its share. */
export interface ReadSource {
  /** The share as it is now: another one takes its place when somebody begins to fetch or seed it. */
  find(): ShareDriver | undefined
  /** Undefined of a share that is not private. */
  opener(): BlockOpener | undefined
  readonly clock: Clock
}

/** Longest wait without a look, and between two tellings of the same wishes. */
const LOOK = millis(500)
const WISH_AGAIN = SECOND
/** Looks that may find no share, since another takes its place. */
const MISSES = 4

/**
 * Reads a file of a share in order while it comes: wants what lies ahead of the reader, waits for the next piece, and
 * hands it over when it is asked for, so that who does not ask makes us fetch no more than a window.
 */
export class ShareReader {
  readonly #source: ReadSource
  readonly #signal: AbortSignal
  readonly #bell: Doorbell
  #driver: ShareDriver | undefined
  #leave: () => void = () => {}
  /** Wishes are of one stage of one driver. */
  #told: { driver: ShareDriver; stage: ShareStage; at: number } | undefined

  constructor(source: ReadSource, signal: AbortSignal) {
    this.#source = source
    this.#signal = signal
    this.#bell = new Doorbell(source.clock)
  }

  /**
   * Ends early when aborted.
   * @throws ShareError `content.no-such-entry`, `content.is-folder`, `content.range-beyond-end`, `content.wrong-key`,
   *   `session.part-missing`, `session.share-removed`; why the share fails; as `PieceStore.read`
   */
  async *read({ path, range }: ReadWish): AsyncGenerator<ReadStep, void> {
    try {
      const layout = yield* this.#until((driver) => driver.bytes.layout)
      if (layout === undefined) return
      const file = yield* this.#file(layout, path)
      if (file === undefined) return
      const place = placeByteRange(range, file.size)
      if (place === undefined) throw rangeBeyondEnd(file.size)
      yield { kind: 'file', size: file.size, ...place }
      yield* this.#content(file, place.start, place.end)
    } finally {
      this.#leave()
    }
  }

  /**
   * What a private share holds, of which only its first blocks are wanted for that; undefined when aborted.
   * @throws ShareError `content.wrong-key`, `content.bad-name` …; as {@link read}
   */
  async *tree(open: BlockOpener): AsyncGenerator<ReadStep, SealedTree | undefined> {
    try {
      const layout = yield* this.#until((driver) => driver.bytes.layout)
      return layout === undefined ? undefined : yield* this.#tree(layout, sealedBytes(layout, open))
    } finally {
      this.#leave()
    }
  }

  async *#file(
    layout: ShareLayout,
    path: readonly string[]
  ): AsyncGenerator<ReadStep, ReadableFile | undefined> {
    const open = this.#source.opener()
    if (open === undefined) return layoutFile(layout, await inTurns(fileAt(layout, path)))
    const plain = sealedBytes(layout, open)
    const tree = yield* this.#tree(layout, plain)
    const entry = tree?.files[await inTurns(fileAt(tree, path))]
    return entry === undefined ? undefined : partOfFile(plain, entry.offset, entry.size)
  }

  #tree(layout: ShareLayout, plain: ReadableFile): AsyncGenerator<ReadStep, SealedTree | undefined> {
    return readSealedTree(layout.pieceCount, (end) => this.#content(plain, 0, end))
  }

  async *#content(file: ReadableFile, start: number, end: number): AsyncGenerator<ReadStep, void> {
    const window = new ReadWindow(end)
    const rate = new RateMeter()
    let at = start
    try {
      while (at < end) {
        const part = file.partAt(at)
        if (!(yield* this.#comes(file, window, { at, piece: part.piece, rate }))) return
        const length = Math.min(part.length, end - at)
        const driver = this.#share()
        if (driver === undefined) continue
        const lent = await part
          .read((range) => readForPeer(driver, range), length)
          .catch((error: unknown) => {
            // Whoever took its place reads it.
            if (this.#source.find() === driver) throw error
          })
        if (lent === undefined) continue
        at += length
        rate.add(length, this.#source.clock.now())
        yield { kind: 'bytes', bytes: lent.bytes, giveBack: () => lent.giveBack() }
      }
    } finally {
      if (window.wanted > at) this.#driver?.wishes.unwant(file.place(at, window.wanted - at))
    }
  }

  /** Wants what lies ahead and waits for the piece; false when aborted. */
  async *#comes(
    file: ReadableFile,
    window: ReadWindow,
    { at, piece, rate }: { at: number; piece: PieceIndex | undefined; rate: RateMeter }
  ): AsyncGenerator<ReadStep, boolean> {
    const here = yield* this.#until(async (driver) => {
      const isHere = piece === undefined || (await has(driver, piece))
      const now = this.#source.clock.now()
      if (this.#isForgotten(driver, isHere, now)) window.renew()
      const wishes = window.wishes(at, rate.rate(now))
      driver.wishes.want(
        wishes.map(({ offset, length, dueIn }) => ({ range: file.place(offset, length), dueIn }))
      )
      return isHere ? true : undefined
    })
    return here === true
  }

  /** Whether the fetch may have lost what was wished: it is another one, or a stage further; or a while has passed. */
  #isForgotten(driver: ShareDriver, isHere: boolean, now: number): boolean {
    const { stage } = driver
    const told = this.#told
    if (told?.driver === driver && told.stage === stage && (isHere || now - told.at < WISH_AGAIN))
      return false
    this.#told = { driver, stage, at: now }
    return true
  }

  async *#until<T>(
    look: (driver: ShareDriver) => Promise<T | undefined> | T | undefined
  ): AsyncGenerator<ReadStep, T | undefined> {
    for (let misses = 0; !this.#signal.aborted; ) {
      const driver = this.#share()
      if (driver === undefined) {
        if (misses++ === MISSES) throw shareRemoved()
      } else {
        misses = 0
        const found = await look(driver)
        if (found !== undefined) return found
        if (this.#source.find() === driver) checkMayCome(driver)
        yield { kind: 'waiting', driver }
      }
      await this.#bell.wait(LOOK, this.#signal)
    }
    return undefined
  }

  #share(): ShareDriver | undefined {
    const driver = this.#source.find()
    if (driver === undefined || driver === this.#driver) return driver
    this.#leave()
    this.#driver = driver
    const stops = [driver.onChange(this.#bell.ring), driver.wishes.read(this.#bell.ring)]
    this.#leave = () => {
      for (const stop of stops.splice(0)) stop()
    }
    return driver
  }
}

/** A share that is paused since the start has not looked yet what it has. */
async function has(driver: ShareDriver, piece: PieceIndex): Promise<boolean> {
  if (driver.bytes.have === undefined && driver.state.state === 'paused') await driver.bytes.open()
  return driver.bytes.have?.has(piece) === true
}
