import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { type Clock, type Millis, millis } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { TWIN } from '../../src/limits/index.ts'
import { SelfSightings } from '../../src/reach/twin/self-sightings.ts'
import { TwinWatch } from '../../src/reach/twin/twin-watch.ts'
import { makeNode, stopAll, systemClock, until } from '../support/nodes.ts'

afterEach(stopAll)

/** A clock that a test moves on, so that nobody has to wait. */
function movable(): { clock: Clock; skip: (by: number) => void } {
  let ahead = 0
  const now = (): Millis => millis(performance.now() + ahead)
  return { clock: { ...systemClock, now }, skip: (by) => (ahead += by) }
}

/** Without the peer id. */
const bare = (address: string): string => multiaddr(address).decapsulateCode(421).toString()

describe('handshakes that end at our own key', () => {
  test('one end alone: the other one is another node', () => {
    const sightings = new SelfSightings()
    sightings.note('inbound', '/ip4/10.0.0.9/tcp/1', 0)
    expect(sightings.twin(TWIN.pairing - 1)).toBeUndefined()
    expect(sightings.twin(TWIN.pairing)).toBe('/ip4/10.0.0.9/tcp/1')
    expect(sightings.twin(TWIN.memory)).toBeUndefined()
  })

  test('both ends: we have dialled ourselves', () => {
    const sightings = new SelfSightings()
    sightings.note('outbound', '/ip4/5.5.1.2/tcp/1', 0)
    sightings.note('inbound', '/ip4/10.0.0.1/tcp/1', 5)
    expect(sightings.twin(TWIN.pairing + 5)).toBeUndefined()
  })

  test('many of them take little memory', () => {
    const sightings = new SelfSightings()
    for (let i = 0; i < 10_000; i++) sightings.note('inbound', `place ${i}`, i / 10_000)
    expect(sightings.twin(TWIN.pairing + 1)).toBe('place 9999')
  })
})

describe('addresses told as ours', () => {
  function watching(): { watch: TwinWatch; dialled: string[]; clock: VirtualClock } {
    const clock = new VirtualClock()
    const dialled: string[] = []
    const transport = {
      dial: async (address: unknown) => {
        dialled.push(String(address))
        throw new Error('nobody')
      },
      listening: () => []
    }
    const own = (): string[] => ['/ip4/5.5.1.2/tcp/4001']
    const watch = new TwinWatch({ transport, scope: 'any', own, clock })
    watch.start()
    return { watch, dialled, clock }
  }

  test('a strange one is looked at, without the peer id, one a minute', () => {
    const { watch, dialled, clock } = watching()
    watch.told([
      '/ip4/5.5.1.2/tcp/4001',
      '/ip4/10.0.0.9/tcp/4001/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2'
    ])
    watch.told(['/ip4/10.0.0.8/tcp/4001'])
    expect(dialled).toEqual(['/ip4/10.0.0.9/tcp/4001'])
    clock.advance(TWIN.probeInterval)
    watch.told(['/ip4/10.0.0.8/tcp/4001'])
    expect(dialled).toHaveLength(2)
  })

  test.each(['/ip4/10.0.0.9/tcp/25', '/dns4/example.org/tcp/4001', '/ip4/0.0.0.0/tcp/4001', 'nonsense', ''])(
    'nobody has us dial %s',
    (address) => {
      const { watch, dialled } = watching()
      watch.told([address])
      expect(dialled).toEqual([])
    }
  )
})

test('two nodes with one key: both notice when one dials the other, and say what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const keyFile = join(folder, 'key')
  const { clock, skip } = movable()
  const [one, two] = [
    await makeNode({ keyFile, clock } as never),
    await makeNode({ keyFile, clock } as never)
  ]
  await Promise.all([one.network.start(), two.network.start()])
  const [address = ''] = one.network.addresses().map(bare)
  await expect(two.network.connect(address, AbortSignal.timeout(5000))).rejects.toThrow()
  skip(TWIN.pairing)
  for (const { network } of [one, two])
    await until(() => network.condition().troubles.length === 1, 'the twin is noticed')
  expect(one.network.condition().troubles[0]).toMatch(
    /^Another node uses the key of this one \(at \/ip4.*\.$/
  )
})

test('a node that dials itself has no twin', async () => {
  const { clock, skip } = movable()
  const node = await makeNode({ clock })
  await node.network.start()
  const [address = ''] = node.network.addresses().map(bare)
  await expect(node.network.connect(address, AbortSignal.timeout(5000))).rejects.toThrow()
  // Both ends are seen by then: the one that dials waits for the other.
  skip(TWIN.pairing)
  expect(node.network.condition().troubles).toEqual([])
})
