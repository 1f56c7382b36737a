import { seededRng } from '@p2pshare/base'
import type { PeerNetwork } from '@p2pshare/ports'
import { afterEach, describe, expect, test } from 'vitest'
import { randomBytes } from '../storage/sample-share.ts'

/** How to make what the suite needs. */
export interface PeerRecordWorld {
  /** A running network, reachable on this machine or its LAN alone. */
  network(): Promise<PeerNetwork>
  /** Ends everything made since the last call. */
  end(): Promise<void>
}

async function recordOf(network: PeerNetwork): Promise<Uint8Array> {
  const record = await network.ownRecord('lan')
  if (record === undefined) throw new Error('no record of a running node')
  return record
}

/** What every PeerNetwork must do with signed peer records. */
export function peerRecordSuite(name: string, world: PeerRecordWorld): void {
  describe(`peer records: ${name}`, () => {
    afterEach(() => world.end())

    test('another node reads who we are and where', async () => {
      const [one, two] = [await world.network(), await world.network()]
      const record = await recordOf(one)
      expect(record.byteLength).toBeLessThanOrEqual(1024)
      const opened = await two.openRecord(record)
      expect(opened).toMatchObject({ peer: one.self, hasPrivate: true })
      expect(opened?.sequence).toBeGreaterThan(0n)
      const addresses = opened?.addresses ?? []
      expect(addresses.length).toBeGreaterThan(0)
      for (const address of addresses)
        expect(one.addresses().some((own) => own.startsWith(address))).toBe(true)
    })

    test('the record is the same until an address changes', async () => {
      const one = await world.network()
      expect(await one.ownRecord('lan')).toEqual(await one.ownRecord('lan'))
    })

    test('a node of a LAN has nothing to tell the internet', async () => {
      expect(await (await world.network()).ownRecord('public')).toBeUndefined()
    })

    test('a changed bit anywhere, a cut or an addition makes it worthless', async () => {
      const [one, two] = [await world.network(), await world.network()]
      const record = await recordOf(one)
      for (let at = 0; at < record.byteLength; at++) {
        const forged = record.slice()
        forged[at] = (forged[at] ?? 0) ^ (1 << (at % 8))
        expect((await two.openRecord(forged))?.peer, `byte ${at}`).toBeUndefined()
      }
      for (let size = 0; size < record.byteLength; size += 7)
        expect(await two.openRecord(record.subarray(0, size))).toBeUndefined()
    })

    test('random bytes are no record, whatever their length', async () => {
      const one = await world.network()
      const rng = seededRng(5)
      for (let i = 0; i < 300; i++) {
        expect(await one.openRecord(randomBytes(rng, rng.below(2000)))).toBeUndefined()
      }
    })
  })
}
