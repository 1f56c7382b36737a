import type { Bitfield, PieceIndex } from '@p2pshare/base'
import { PIECE_SIZE, type ShareLayout } from '@p2pshare/content'
import type { Catalogue, EarlierShare } from '@p2pshare/ports'
import { concat } from 'uint8arrays'
import { type Identity, sameContentIdentity, sameIdentity } from '../disk/identity.ts'
import { piecesOf } from '../store/recheck.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import type { HashedFile } from './hash-file.ts'
import { PathIndex } from './path-index.ts'

/** Digests from an earlier share of a path, for files that are exactly what they were then. */
export class EarlierHashes {
  readonly #share: EarlierShare
  readonly #have: Bitfield
  readonly #identities: IdentityTable
  readonly #files: PathIndex

  constructor(share: EarlierShare, catalogue: Catalogue) {
    this.#share = share
    this.#have = catalogue.have(share.cid, share.layout.pieceCount)
    const { files } = share.layout
    this.#identities = new IdentityTable(files.length, catalogue.identities(share.cid))
    this.#files = new PathIndex(files)
  }

  /** Undefined when the file is new, was touched since, or was not cut as we would cut it. */
  find(parts: readonly string[], identity: Identity): HashedFile | undefined {
    const { layout } = this.#share
    const file = this.#files.find(parts)
    const known = file === undefined ? undefined : this.#identities.get(file)
    const isSame = this.#share.moved === true && parts.length === 0 ? sameContentIdentity : sameIdentity
    if (file === undefined || known === undefined || !isSame(known, identity)) return undefined
    const pieces = [...piecesOf(layout, file)]
    if (!pieces.every((piece) => this.#have.has(piece)) || !isCutOurWay(layout, pieces, known.size))
      return undefined
    return { identity, digests: concat(pieces.map((piece) => layout.digest(piece))) }
  }
}

/** Raw leaves of 1 MiB, and one that may be shorter. */
function isCutOurWay(layout: ShareLayout, pieces: readonly PieceIndex[], size: number): boolean {
  const whole = pieces.length === Math.ceil(size / PIECE_SIZE)
  return (
    whole &&
    pieces.every((piece, i) => {
      const expected = Math.min(PIECE_SIZE, size - i * PIECE_SIZE)
      return !layout.isWrapped(piece) && layout.blockSize(piece) === expected
    })
  )
}
