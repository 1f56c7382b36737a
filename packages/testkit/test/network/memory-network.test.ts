import { INTERNET, MemorySwitchboard, peerRecordSuite, sealMemoryRecord } from '@p2pshare/testkit'
import type { PeerNetwork } from '@p2pshare/ports'
import { expect, test } from 'vitest'

let board = new MemorySwitchboard()
let made = 0

peerRecordSuite('in memory', {
  async network() {
    const network = board.join(`peer-${made++}`)
    await network.start()
    return network
  },
  async end() {
    board = new MemorySwitchboard()
  }
})

const signal = (): AbortSignal => new AbortController().signal

async function up(name: string, place: string): Promise<PeerNetwork> {
  const network = board.join(name, place)
  network.onLink(() => {})
  await network.start()
  return network
}

test('peers of a LAN reach each other and the internet, the internet does not reach them', async () => {
  const [one, two] = [await up('one', 'home'), await up('two', 'home')]
  const [far, host] = [await up('far', 'office'), await up('host', INTERNET)]
  expect((await one.link({ peer: 'two', addresses: [] }, signal())).lan).toBe(true)
  expect((await one.link({ peer: 'host', addresses: [] }, signal())).lan).toBe(false)
  for (const from of [far, host])
    await expect(from.link({ peer: 'two', addresses: [] }, signal())).rejects.toMatchObject({
      code: 'network.dial-failed'
    })
  const record = await host.ownRecord('public')
  expect(await two.openRecord(record ?? new Uint8Array(0))).toMatchObject({ peer: 'host', hasPrivate: false })
  expect(await two.ownRecord('public')).toBeUndefined()
})

test('a test can make the record of any peer', async () => {
  const content = { peer: 'made-up', addresses: ['/memory/x'], hasPrivate: false, sequence: 2n ** 63n }
  expect(await (await up('reader', 'home')).openRecord(sealMemoryRecord(content))).toEqual(content)
})
