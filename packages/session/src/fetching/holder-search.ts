import { Bitfield, millis, type PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ContentKey, FindReport, PeerName, Provider } from '@p2pshare/ports'
import { limitedSignal } from '../finding/limited-signal.ts'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'

/** Digests in one block query (limit of the protocol). */
const QUERY_SIZE = 64
/** Peers asked for one search. */
const MAX_ASKED = 20
/** Keys looked up at a time. */
const PARALLEL = 4
/** How long one dial may take. */
const DIAL_TIMEOUT = millis(15_000)

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
 * pieces it really has; neither a slow DHT nor a dead provider holds up the others.
 */
export async function findHolders(parts: NodeParts, search: HolderSearch): Promise<void> {
  const { layout, pieces, signal } = search
  const asked = new Set<PeerName>()
  const keys = keysOf(layout, pieces)
  const look = async (): Promise<void> => {
    for (let key = keys.shift(); key !== undefined && !signal.aborted; key = keys.shift()) {
      const asking: Promise<void>[] = []
      for await (const provider of parts.directory.find(key, { signal, onReport: search.onReport })) {
        if (asked.size >= MAX_ASKED || signal.aborted) break
        if (asked.has(provider.peer) || !isWorthAsking(parts, provider.peer, search)) continue
        asked.add(provider.peer)
        asking.push(askOne(parts, provider, search))
      }
      await Promise.all(asking)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, look))
}

function isWorthAsking(
  { trust, peerMemory, clock }: NodeParts,
  peer: PeerName,
  search: HolderSearch
): boolean {
  return !search.skip(peer) && !trust.isBanned(peer) && peerMemory.restsUntil(peer) <= clock.now()
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
  const limited = limitedSignal(signal, DIAL_TIMEOUT, parts.clock)
  try {
    await parts.network.link(provider, limited.signal)
    parts.peerMemory.reached(provider.peer)
  } catch {
    if (!signal.aborted) parts.peerMemory.failed(provider.peer, parts.clock.now())
    return
  } finally {
    limited.end()
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
