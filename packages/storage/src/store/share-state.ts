import { Bitfield, type PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { FileIdentity, PieceWrap } from '@p2pshare/ports'
import type { PoolOpener } from '../disk/file-pool.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { BlockReader, type BlockSource } from './block-reader.ts'
import type { StoreContext } from './context.ts'
import { PartFiles } from './part-files.ts'
import type { PlacedFiles } from './placed-files.ts'
import type { Places } from './places.ts'

let opened = 0

/** What an open piece store knows about its share; the parts of the store work on one of these. */
export class ShareOnDisk implements BlockSource {
  readonly cid: string
  readonly layout: ShareLayout
  readonly context: StoreContext
  readonly poolKey: string
  readonly reader: BlockReader
  /** Verified and on disk, durable or not. */
  readonly have: Bitfield
  /** Marked in the catalogue: what a restart will find. Never more than what is durable. */
  readonly durable: Bitfield
  readonly identities: IdentityTable
  readonly wraps: Map<PieceIndex, PieceWrap>
  places: Places
  /** Set while the share is a running download. */
  parts: PartFiles | undefined
  /** Files of a running download that have their final name already. */
  placed: PlacedFiles | undefined

  constructor(cid: string, layout: ShareLayout, context: StoreContext, places: Places) {
    this.cid = cid
    this.layout = layout
    this.context = context
    this.places = places
    this.poolKey = `${++opened}:`
    this.durable = context.catalogue.have(cid, layout.pieceCount)
    this.have = new Bitfield(layout.pieceCount)
    this.identities = new IdentityTable(layout.files.length, context.catalogue.identities(cid))
    this.wraps = new Map(context.catalogue.wraps(cid).map((wrap) => [wrap.piece, wrap]))
    this.reader = new BlockReader(this, context)
  }

  /** Makes this a download into part files below the present root. */
  beginDownload(device?: bigint): PartFiles {
    this.parts = this.partsAt(this.places, this.poolKey, device)
    return this.parts
  }

  /** Part files of the share at some place, which do not count yet; the pool forgets them with the share's. */
  partsAt(places: Places, poolKey: string = `${this.poolKey}copy:`, device?: bigint): PartFiles {
    const { pool, small, syncAll } = this.context
    return new PartFiles({ layout: this.layout, places, pool, poolKey, small, syncAll, device })
  }

  opener(file: number): PoolOpener | undefined {
    return this.isAtPlace(file) ? undefined : this.parts?.opener(file)
  }

  /** Whether a file lies under its final name, and is only read. */
  isAtPlace(file: number): boolean {
    return this.parts === undefined || this.placed?.has(file) === true
  }

  /** Takes files of this download as having their final name. */
  place(placed: PlacedFiles): void {
    this.placed = placed
    this.places.place(placed)
  }

  /** Records durable pieces, and what their files look like, in one transaction. */
  mark(files: readonly FileIdentity[], wraps: readonly PieceWrap[] = []): void {
    const { catalogue } = this.context
    catalogue.transaction(() => {
      if (wraps.length > 0) catalogue.putWraps(this.cid, wraps)
      catalogue.putIdentities(this.cid, files)
      catalogue.putHave(this.cid, this.durable)
    })
    for (const identity of files) this.identities.set(identity.file, identity)
  }

  /** A piece turned out to be wrong: neither we nor the catalogue claim it any longer. */
  disown(piece: PieceIndex): void {
    this.have.clear(piece)
    const file = this.layout.fileOf(piece)
    if (this.placed?.has(file) === true) this.placed.strayed.set(file, 'changed')
    if (this.durable.clear(piece)) this.context.catalogue.putHave(this.cid, this.durable)
  }
}
