import { MOST_AUTHORISED } from '@p2pshare/control'
import { MemoryCatalogue } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { authorizeCalls } from '../../src/remote/authorize-calls.ts'
import { AuthorisedPeers } from '../../src/remote/authorised-peers.ts'

const A = `12D3KooW${'a'.repeat(44)}`
const B = `12D3KooW${'b'.repeat(44)}`

function start() {
  const values = new MemoryCatalogue().values('authorised')
  return { values, peers: new AuthorisedPeers(values), again: () => new AuthorisedPeers(values) }
}

test('who may call is kept over a restart, until it is taken back', () => {
  const { peers, again } = start()
  peers.put({ peerId: A, role: 'read', name: 'laptop' }, 5)
  peers.put({ peerId: B, role: 'control' }, 6)
  expect(again().all()).toEqual([
    { peerId: A, role: 'read', name: 'laptop', since: 5 },
    { peerId: B, role: 'control', since: 6 }
  ])
  expect(peers.remove('laptop').peerId).toBe(A)
  expect(peers.remove(B).peerId).toBe(B)
  expect(again().all()).toEqual([])
  expect(peers.find(A)).toBeUndefined()
})

test('another role keeps name and time, and is told; the same one is not', () => {
  const { peers } = start()
  const told: string[] = []
  peers.onChange = (peer) => told.push(peer)
  peers.put({ peerId: A, role: 'control', name: 'laptop' }, 5)
  peers.put({ peerId: A, role: 'control', name: 'desk' }, 6)
  expect(told).toEqual([])
  peers.put({ peerId: A, role: 'read' }, 7)
  expect(peers.find(A)).toEqual({ peerId: A, role: 'read', name: 'desk', since: 5 })
  peers.remove(A)
  expect(told).toEqual([A, A])
})

test('a name is that of one peer, and there are not endlessly many', () => {
  const { peers } = start()
  peers.put({ peerId: A, role: 'read', name: 'laptop' }, 5)
  expect(() => peers.put({ peerId: B, role: 'read', name: 'laptop' }, 5)).toThrow(/name of another/)
  for (let i = 1; i < MOST_AUTHORISED; i++) peers.put({ peerId: `peer ${i}`, role: 'read' }, i)
  expect(() => peers.put({ peerId: B, role: 'read' }, 9)).toThrow(/the most/)
  peers.put({ peerId: A, role: 'control' }, 9)
  expect(() => peers.remove('nobody\u001b[2J')).toThrow(/nobody\\u\{?1b/i)
})

test('what cannot be read lets nobody in', () => {
  const { values, peers, again } = start()
  peers.put({ peerId: A, role: 'read' }, 5)
  values.put('peer:x', Buffer.from('{"peerId":"y","role":"control","since":1}'))
  values.put('peer:z', Buffer.from('{"peerId":"z","role":"root","since":1}'))
  values.put('peer:w', Buffer.from('\0'))
  expect(again().all()).toEqual([{ peerId: A, role: 'read', since: 5 }])
})

test('the daemon itself is nobody to authorise', async () => {
  const { peers } = start()
  const calls = authorizeCalls(peers, B, { wallTime: () => 3 })
  await expect(calls.authorize({ peerId: B, role: 'read' })).rejects.toMatchObject({
    code: 'daemon.own-peer-id'
  })
  expect(await calls.authorize({ peerId: A, role: 'read', name: 'a' })).toEqual({
    authorised: [{ peerId: A, role: 'read', name: 'a', since: 3 }]
  })
  expect((await calls.authorize({})).authorised).toHaveLength(1)
  expect(await calls.unauthorize({ peer: 'a' })).toEqual({ peerId: A, name: 'a' })
})
