import { Bitfield, type Bytes, type PieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ImportedShare, PieceStore, ShareFiles, Volume } from '@p2pshare/ports'
import type { SampledContent, SlotArena } from './sampled-content.ts'

/** What a simulated disk tells. */
export interface SimDiskOwner {
  onStored(piece: PieceIndex): void
  onFinished(): void
}

/** The disk of one simulated node: keeps which pieces are there; their bytes are the content's own. */
export class SimFiles implements ShareFiles {
  /** Pieces that the node has. */
  readonly have: Bitfield
  readonly #content: SampledContent
  readonly #arena: SlotArena
  readonly #owner: SimDiskOwner
  /** What reads give instead of the content, on a node that lies. */
  corrupt: Uint8Array | undefined

  constructor(content: SampledContent, arena: SlotArena, owner: SimDiskOwner) {
    this.#content = content
    this.#arena = arena
    this.#owner = owner
    this.have = new Bitfield(content.layout.pieceCount)
  }

  /** Everything is there from the start, so that {@link import} can be seeded. */
  fill(): void {
    this.have.setAll()
  }

  async import(path: string): Promise<ImportedShare> {
    return {
      layout: this.#content.layout,
      name: 'content',
      path,
      identities: [],
      skipped: [],
      hashedBytes: this.#content.layout.size
    }
  }

  async open(_cid: string, layout: ShareLayout): Promise<PieceStore> {
    return new SimPieceStore(this, layout)
  }

  async checkTarget(): Promise<void> {}

  adopted(): number | undefined {
    return undefined
  }

  rootsOf(): undefined {
    return undefined
  }

  keyOf(): undefined {
    return undefined
  }

  opener(): undefined {
    return undefined
  }

  takeKey(): () => void {
    throw new Error('a simulated machine opens no private shares')
  }

  async remove(): Promise<void> {}

  relocate(): Promise<never> {
    throw new Error('nothing is moved on a simulated machine')
  }

  async volume(): Promise<Volume> {
    return { id: 'disk', mount: '/', free: Number.MAX_SAFE_INTEGER, writable: true }
  }

  async isMounted(): Promise<boolean> {
    return true
  }

  async look(): Promise<string> {
    return 'there'
  }

  /** A view of the piece; shared, not to be changed. */
  read(piece: PieceIndex): Uint8Array {
    return this.corrupt ?? this.#content.block(piece)
  }

  /** Takes a verified piece; its buffer is free again. */
  store(piece: PieceIndex, block: Uint8Array): void {
    this.#arena.release(block)
    if (this.have.set(piece)) this.#owner.onStored(piece)
  }

  finish(): void {
    this.#owner.onFinished()
  }
}

class SimPieceStore implements PieceStore {
  readonly have: Bitfield
  readonly #files: SimFiles
  readonly #layout: ShareLayout

  constructor(files: SimFiles, layout: ShareLayout) {
    this.#files = files
    this.#layout = layout
    this.have = files.have
  }

  async read(piece: PieceIndex, offset: Bytes, length: Bytes): Promise<Uint8Array> {
    if (!this.have.has(piece)) {
      throw new ShareError({ code: 'storage.missing', fault: 'disk', message: `piece ${piece} is not there` })
    }
    return this.#files.read(piece).subarray(offset, offset + length)
  }

  async write(piece: PieceIndex, block: Uint8Array): Promise<void> {
    if (block.byteLength !== this.#layout.blockSize(piece)) throw new RangeError(`length of piece ${piece}`)
    this.#files.store(piece, block)
  }

  async flush(): Promise<void> {}

  async bringHome(): Promise<void> {}

  async place(): Promise<void> {}

  strayed(): undefined {
    return undefined
  }

  async finish(): Promise<string> {
    this.#files.finish()
    return '/simulation'
  }

  async verify(): Promise<void> {}

  async close(): Promise<void> {}
}
