import type { Log } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import { kadPosition, kadPositionOfPeer, multihashOf } from '../dht/kad-key.ts'
import { reasonOf } from '../errors.ts'
import { ANNOUNCE } from '../limits/index.ts'
import { limitedMap } from './limited-map.ts'
import { ownRecord, type RecordSenderInit, sendRecords } from './record-sender.ts'
import { type PlacedKey, type PlacedServer, ReplicaPlan } from './replica-plan.ts'

/** What became of one batch. */
export interface SpreadResult {
  /** Servers that took all their records. */
  reached: string[]
  /** Servers that did not. */
  failed: string[]
  /** Whether `reached` and `failed` are all servers of the network. */
  wholeNetwork: boolean
}

/** Brings batches of keys to the servers that should hold them, in one DHT. */
export class RecordSpreader {
  readonly #lane: DhtLane
  readonly #sender: RecordSenderInit
  readonly #log: Log

  constructor(lane: DhtLane, sender: RecordSenderInit, log: Log) {
    this.#lane = lane
    this.#sender = sender
    this.#log = log
  }

  /** Whether there is anything true to announce: an address in this DHT's scope, and a server to tell. */
  get ready(): boolean {
    return this.#lane.size > 0 && ownRecord(this.#sender) !== undefined
  }

  /** Looks up the closest servers of each key (32-byte digests; equal ones count once) and stores the records. */
  async spread(digests: readonly Uint8Array[], signal: AbortSignal): Promise<SpreadResult> {
    const plan = new ReplicaPlan(distinctKeys(digests))
    for (
      let asked = plan.needed(1);
      asked.length > 0 && !signal.aborted;
      asked = plan.needed(ANNOUNCE.concurrency)
    ) {
      const answers = await limitedMap(asked, ANNOUNCE.concurrency, (key) => this.#lookup(key, signal))
      for (const [i, key] of asked.entries()) plan.learn(key, answers[i] ?? [])
    }
    const reached: string[] = []
    const failed: string[] = []
    await limitedMap([...plan.assigned], ANNOUNCE.concurrency, async ([peer, keys]) => {
      const ok = await this.#send(peer, keys, signal)
      ;(ok ? reached : failed).push(peer)
    })
    return { reached, failed, wholeNetwork: plan.complete !== undefined }
  }

  /** Stores records on one server, without looking for the closest; answers whether it took them. */
  async sendTo(peer: string, digests: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    return this.#send(
      peer,
      distinctKeys(digests).map((key) => key.key),
      signal
    )
  }

  async #lookup(key: PlacedKey, signal: AbortSignal): Promise<PlacedServer[]> {
    try {
      const peers = await this.#lane.closest(key.key, signal, ANNOUNCE.lookupTimeout)
      return peers.map((peer) => ({ peer: peer.id.toString(), position: kadPositionOfPeer(peer.id) }))
    } catch (error) {
      this.#log.debug({ error: reasonOf(error) }, 'a lookup failed')
      return []
    }
  }

  async #send(peer: string, keys: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    try {
      await sendRecords(this.#sender, peer, keys, signal)
      return true
    } catch (error) {
      this.#log.debug({ peer, error: reasonOf(error) }, 'a DHT server did not take our records')
      return false
    }
  }
}

function distinctKeys(digests: readonly Uint8Array[]): PlacedKey[] {
  const out = new Map<bigint, PlacedKey>()
  for (const digest of digests) {
    const key = multihashOf(digest)
    const position = kadPosition(key)
    if (!out.has(position)) out.set(position, { key, position })
  }
  return [...out.values()]
}
