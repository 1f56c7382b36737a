import { type Bytes, bytes, invariant, type PieceIndex } from '@p2pshare/base'
import type { BufferBudget } from '../pipeline/buffer-budget.ts'
import type { PeerKey } from './events.ts'

/** One request's worth of a piece. `asked` holds the open requests for it: none, one, or two in the endgame. */
export interface PieceRange {
  readonly offset: Bytes
  readonly length: Bytes
  state: 'missing' | 'asked' | 'arrived'
  asked: readonly number[]
}

/** Of every range that nobody is asked for: small pieces come by the ten thousand. */
const NOBODY: readonly number[] = []

/**
 * A piece with a buffer in the session. fetching → verifying (all ranges arrived) → writing
 * (hash right) → gone (stored); from each of them back to missing when something fails.
 */
export interface BegunPiece {
  readonly piece: PieceIndex
  readonly size: Bytes
  readonly ranges: readonly PieceRange[]
  /** All bytes must come from the owner, because an earlier attempt failed and blame must be exact. */
  readonly soleSource: boolean
  state: 'fetching' | 'verifying' | 'writing'
  /** The peer that is to deliver what is still missing. */
  owner: PeerKey | undefined
  /** Peers whose bytes may be in the buffer. */
  readonly sources: PeerKey[]
  missing: number
  arrived: number
  /** Somebody else stored the piece meanwhile; what still runs for it only has to end. */
  here: boolean
}

type PieceSets = Map<PeerKey | undefined, Set<BegunPiece>>

/** The pieces that are being fetched, verified or written; indexed by owner. */
export class BegunPieces {
  readonly #all = new Map<PieceIndex, BegunPiece>()
  /** By owner: those being fetched, and of these the ones with a range that nobody was asked for. */
  readonly #fetching: PieceSets = new Map()
  readonly #open: PieceSets = new Map()
  readonly #buffers: BufferBudget
  #bytes = 0

  /** @param buffers - told of every piece and its end */
  constructor(buffers: BufferBudget) {
    this.#buffers = buffers
  }

  get size(): number {
    return this.#all.size
  }

  /** Bytes of buffers that the session holds for these pieces. */
  get bytes(): number {
    return this.#bytes
  }

  get(piece: PieceIndex): BegunPiece | undefined {
    return this.#all.get(piece)
  }

  all(): Iterable<BegunPiece> {
    return this.#all.values()
  }

  /** Pieces being fetched whose owner is this one (undefined: nobody). */
  ownedBy(owner: PeerKey | undefined): Iterable<BegunPiece> {
    return this.#fetching.get(owner) ?? []
  }

  /** Of these, the ones that have a range to ask for. */
  openOf(owner: PeerKey | undefined): Iterable<BegunPiece> {
    return this.#open.get(owner) ?? []
  }

  /** Owners (and undefined) that have pieces with a range to ask for. */
  ownersOfOpen(): Iterable<PeerKey | undefined> {
    return this.#open.keys()
  }

  /** Begins a piece; all its ranges are missing. */
  begin(init: {
    piece: PieceIndex
    size: Bytes
    owner: PeerKey
    soleSource: boolean
    rangeBytes: number
  }): BegunPiece {
    invariant(!this.#all.has(init.piece), `piece ${init.piece} begun twice`)
    const ranges = cut(init.size, init.rangeBytes)
    const begun: BegunPiece = {
      piece: init.piece,
      size: init.size,
      ranges,
      soleSource: init.soleSource,
      state: 'fetching',
      owner: init.owner,
      sources: [],
      missing: ranges.length,
      arrived: 0,
      here: false
    }
    this.#all.set(begun.piece, begun)
    this.#bytes += begun.size
    this.#buffers.take(begun.size)
    this.#index(begun)
    return begun
  }

  /** Forgets a piece: stored, or to be fetched anew. */
  end(begun: BegunPiece): void {
    this.#unindex(begun)
    this.#all.delete(begun.piece)
    this.#bytes -= begun.size
    this.#buffers.giveBack(begun.size)
  }

  /** Whether a piece of `size` bytes fits in the memory of all shares; the first one of a share always does. */
  hasMemoryFor(size: number): boolean {
    return this.#all.size === 0 || this.#buffers.fits(size)
  }

  /** Gives all memory back: the swarm is done with. */
  clear(): void {
    for (const begun of [...this.#all.values()]) this.end(begun)
  }

  setOwner(begun: BegunPiece, owner: PeerKey | undefined): void {
    if (begun.owner === owner) return
    this.#unindex(begun)
    begun.owner = owner
    this.#index(begun)
  }

  setState(begun: BegunPiece, state: BegunPiece['state']): void {
    this.#unindex(begun)
    begun.state = state
    this.#index(begun)
  }

  /** Notes a request for a range. */
  ask(begun: BegunPiece, range: PieceRange, id: number): void {
    invariant(range.state !== 'arrived' && range.asked.length < 2, 'a range asked too often')
    range.asked = range.asked.length === 0 ? [id] : [...range.asked, id]
    if (range.state === 'missing') this.#setMissing(begun, begun.missing - 1)
    range.state = 'asked'
  }

  /** A request for the range ended without an answer. */
  unask(begun: BegunPiece, range: PieceRange, id: number): void {
    range.asked = range.asked.filter((other) => other !== id)
    if (range.state !== 'asked' || range.asked.length > 0) return
    range.state = 'missing'
    this.#setMissing(begun, begun.missing + 1)
  }

  /** The range's bytes lie in the buffer. */
  arrive(begun: BegunPiece, range: PieceRange): void {
    range.state = 'arrived'
    range.asked = NOBODY
    begun.arrived++
  }

  /** Throws when an index does not fit; for tests. */
  checkInvariants(): void {
    let sum = 0
    for (const begun of this.#all.values()) {
      sum += begun.size
      const count = (state: PieceRange['state']): number =>
        begun.ranges.filter((r) => r.state === state).length
      invariant(begun.missing === count('missing'), `missing ranges of piece ${begun.piece}`)
      invariant(begun.arrived === count('arrived'), `arrived ranges of piece ${begun.piece}`)
      const fetching = begun.state === 'fetching'
      const inFetching = this.#fetching.get(begun.owner)?.has(begun) === true
      const inOpen = this.#open.get(begun.owner)?.has(begun) === true
      invariant(inFetching === fetching, `index of piece ${begun.piece}`)
      invariant(inOpen === (fetching && begun.missing > 0), `open index of piece ${begun.piece}`)
      invariant(fetching === begun.arrived < begun.ranges.length, `state of piece ${begun.piece}`)
    }
    invariant(sum === this.#bytes, 'bytes of begun pieces')
  }

  #setMissing(begun: BegunPiece, missing: number): void {
    begun.missing = missing
    if (begun.state !== 'fetching') return
    if (missing > 0) addTo(this.#open, begun)
    else removeFrom(this.#open, begun)
  }

  #index(begun: BegunPiece): void {
    if (begun.state !== 'fetching') return
    addTo(this.#fetching, begun)
    if (begun.missing > 0) addTo(this.#open, begun)
  }

  #unindex(begun: BegunPiece): void {
    removeFrom(this.#fetching, begun)
    removeFrom(this.#open, begun)
  }
}

/** Notes that bytes of the peer may be in the buffer. */
export function addSource(begun: BegunPiece, peer: PeerKey): void {
  if (!begun.sources.includes(peer)) begun.sources.push(peer)
}

function cut(size: Bytes, rangeBytes: number): PieceRange[] {
  const ranges: PieceRange[] = []
  for (let offset = 0; offset < size; offset += rangeBytes) {
    const length = bytes(Math.min(rangeBytes, size - offset))
    ranges.push({ offset: bytes(offset), length, state: 'missing', asked: NOBODY })
  }
  return ranges
}

function addTo(sets: PieceSets, begun: BegunPiece): void {
  const set = sets.get(begun.owner)
  if (set === undefined) sets.set(begun.owner, new Set([begun]))
  else set.add(begun)
}

function removeFrom(sets: PieceSets, begun: BegunPiece): void {
  const set = sets.get(begun.owner)
  if (set?.delete(begun) === true && set.size === 0) sets.delete(begun.owner)
}
