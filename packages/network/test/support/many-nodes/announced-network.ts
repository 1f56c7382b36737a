import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { decode } from 'multiformats/hashes/digest'
import { LaneAnnouncer } from '../../../src/announce/lane-announcer.ts'
import { ownAddresses, sendRecords } from '../../../src/announce/record-sender.ts'
import { multihashOf } from '../../../src/dht/kad-key.ts'
import type { Publication } from '@p2pshare/ports'
import { memoryValues } from '../memory-values.ts'
import { recordingLog, systemClock, until } from '../nodes.ts'
import type { ManyNodes } from './many-nodes.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** What announcing took in a network of {@link ManyNodes}. */
export interface AnnouncingCost {
  seconds: number
  /** Streams opened to tell records, and servers there are besides ourselves. */
  streams: number
  servers: number
  lookups: number
  /** FIND_NODE requests of the lookups. */
  findNode: number
  /** Records told. */
  records: number
  /** Writes, each with a ping that was answered. */
  writes: number
  /** Longest stretch in which the announcer kept the event loop, ms of CPU. */
  longest: number
}

/** Has one node announce a share from nothing, and waits until all of it is (at most `limit` ms). */
export async function announceIn(
  net: ManyNodes,
  node: SimulatedNode,
  share: Publication,
  limit = 240_000
): Promise<AnnouncingCost> {
  net.resetCounts()
  const sent = { streams: 0, records: 0, writes: 0 }
  const announcer = new LaneAnnouncer({
    lane: node.lane,
    send: async (peer, keys, signal, between) => {
      sent.streams++
      await sendRecords(node.sender, peer, counted(keys, sent), signal, async (took) => {
        sent.writes++
        await between(took)
      })
    },
    addresses: () => ownAddresses(node.sender),
    values: memoryValues(),
    clock: systemClock,
    rng: node.rng,
    log: recordingLog(),
    spent: threadTime
  })
  const began = performance.now()
  announcer.start()
  announcer.publish(share)
  const total = announcer.status(share.share)?.total
  await until(() => announcer.status(share.share)?.announced === total, 'all is announced', limit)
  const seconds = (performance.now() - began) / 1000
  await announcer.stop()
  const { longest, lookups } = announcer.effort
  return {
    ...{ seconds, ...sent, servers: net.nodes.length - 1 },
    ...{ lookups, findNode: node.count.of('FIND_NODE'), longest }
  }
}

/** CPU time of this thread, ms: what others on the machine do does not count. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function* counted(keys: Iterable<Uint8Array>, sent: { records: number }): Generator<Uint8Array> {
  for (const key of keys) {
    sent.records++
    yield key
  }
}

/**
 * Of the servers truly closest to each of some keys (digests), how many have our record; one number a
 * key. We ourselves are none of them.
 */
export function placements(
  net: ManyNodes,
  node: SimulatedNode,
  keys: readonly Uint8Array[],
  replicas: number
): number[] {
  const self = node.libp2p.peerId.toString()
  return keys.map((digest) => {
    const key = multihashOf(digest)
    const closest = net.closest(key, replicas + 1).filter((each) => each !== node)
    return closest
      .slice(0, replicas)
      .filter(({ records }) => [...records.providers(key, 20)].some(({ peer }) => peer === self)).length
  })
}

/** Announces keys (digests) one by one as kad-dht does it, ten at a time. */
export async function provideEach(
  node: SimulatedNode,
  count: number,
  digest: (index: number) => Uint8Array
): Promise<void> {
  let next = 0
  const provide = async (): Promise<void> => {
    while (next < count) {
      const cid = CID.createV1(raw.code, decode(multihashOf(digest(next++))))
      for await (const _ of node.kad.provide(cid));
    }
  }
  await Promise.all(Array.from({ length: PROVIDED_AT_ONCE }, provide))
}

const PROVIDED_AT_ONCE = 10
