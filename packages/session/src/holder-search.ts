import { Bitfield, type PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ContentKey, FindReport, PeerName, Provider } from '@p2pshare/ports'
import type { LinkPeer } from './link-peer.ts'
import type { NodeParts } from './node-parts.ts'

/** Digests in one block query (limit of the protocol). */
const QUERY_SIZE = 64
/** Peers asked for one search. */
const MAX_ASKED = 20

/** What is sought, and who hears of it. */
export interface HolderSearch {
  readonly layout: ShareLayout
  /** Pieces that nobody connected has. */
  readonly pieces: readonly PieceIndex[]
  readonly signal: AbortSignal
  /** Peers not worth asking: they take part in the share anyhow. */
  skip(peer: PeerName): boolean
  onReport(report: FindReport): void
  onHolder(peer: LinkPeer, pieces: Bitfield): void
}

/**
 * Finds peers that have single pieces of a share as part of another one: providers of the files
 * that the pieces belong to, and of the chunks themselves. Each is linked and asked which of the
 * pieces it really has.
 */
export async function findHolders(parts: NodeParts, search: HolderSearch): Promise<void> {
  const { layout, pieces, signal } = search
  const asked = new Set<PeerName>()
  for (const key of keysOf(layout, pieces)) {
    const found = parts.directory.find(key, { signal, onReport: search.onReport })
    for await (const provider of found) {
      if (asked.size >= MAX_ASKED || signal.aborted) return
      if (asked.has(provider.peer) || search.skip(provider.peer) || parts.trust.isBanned(provider.peer))
        continue
      asked.add(provider.peer)
      await askOne(parts, provider, search)
    }
  }
}

/** Files first: whoever has the whole file serves all of its pieces. */
function keysOf(layout: ShareLayout, pieces: readonly PieceIndex[]): ContentKey[] {
  const files = new Set(pieces.map((piece) => layout.fileOf(piece)))
  const roots: ContentKey[] = []
  for (const index of files) {
    const file = layout.files.at(index)
    if (file !== undefined && file.path.length > 0 && file.pieceCount > 1) roots.push(file.digest)
  }
  return [...roots, ...pieces.map((piece) => layout.digest(piece))]
}

async function askOne(parts: NodeParts, provider: Provider, search: HolderSearch): Promise<void> {
  const { layout, pieces, signal } = search
  try {
    await parts.network.link(provider, signal)
  } catch {
    return
  }
  const peer = parts.links.find(provider.peer)
  if (peer === undefined) return
  const candidates = neighbours(layout, pieces)
  const have = await peer.query(candidates.map((piece) => layout.digest(piece)))
  if (have === undefined || have.isEmpty) return
  const held = new Bitfield(layout.pieceCount)
  for (const [i, piece] of candidates.entries()) if (have.has(i)) held.set(piece)
  if (!held.isEmpty) search.onHolder(peer, held)
}

/** The pieces, and as many others of the same files as one query takes. */
function neighbours(layout: ShareLayout, pieces: readonly PieceIndex[]): PieceIndex[] {
  const chosen = new Set<PieceIndex>(pieces.slice(0, QUERY_SIZE))
  for (const piece of pieces) {
    const file = layout.files.at(layout.fileOf(piece))
    if (file === undefined) continue
    const end = file.firstPiece + file.pieceCount
    for (let i = file.firstPiece as number; i < end && chosen.size < QUERY_SIZE; i++)
      chosen.add(i as PieceIndex)
  }
  return [...chosen]
}
