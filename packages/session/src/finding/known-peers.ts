import type { KeyValueStore, PeerAddress, PeerName } from '@p2pshare/ports'

/** Peers kept for one share. */
const MOST = 8
/** Longest address kept, characters. */
const MAX_ADDRESS = 512

/** Who took part in a share and could be dialled, kept over restarts: the first to be asked again. */
export class KnownPeers {
  readonly #store: KeyValueStore

  constructor(store: KeyValueStore) {
    this.#store = store
  }

  of(cid: string): PeerAddress[] {
    const row = this.#store.get(cid)
    return row === undefined ? [] : decode(row)
  }

  /** Puts these before those that are known, and forgets the oldest. */
  add(cid: string, peers: ReadonlyMap<PeerName, string>): void {
    if (peers.size === 0) return
    const merged = new Map<PeerName, string>(peers)
    for (const { peer, addresses } of this.of(cid))
      if (!merged.has(peer)) merged.set(peer, addresses[0] ?? '')
    const rows = [...merged].filter(([, address]) => address.length <= MAX_ADDRESS).slice(0, MOST)
    this.#store.put(cid, new TextEncoder().encode(JSON.stringify(rows)))
  }

  forget(cid: string): void {
    this.#store.delete(cid)
  }
}

function decode(row: Uint8Array): PeerAddress[] {
  try {
    const rows: unknown = JSON.parse(new TextDecoder().decode(row))
    if (!Array.isArray(rows)) return []
    return rows.slice(0, MOST).flatMap((each: unknown) => {
      const [peer, address] = Array.isArray(each) ? (each as unknown[]) : []
      return typeof peer === 'string' && typeof address === 'string' ? [{ peer, addresses: [address] }] : []
    })
  } catch {
    // Damaged: nobody is known, and the next ones are written over it.
    return []
  }
}
