import { millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { type Waiting, WaitingRoom } from '../../src/connections/waiting-room.ts'

const LIMITS = { pending: 4, pendingPerHost: 2, burstPerHost: 3, newPerSecond: 1, hostsRemembered: 8 }

function guest(block: string | undefined, since = 0, heard = 0): Waiting {
  return { block, since: millis(since), heard: () => heard }
}

test('one block has so many at a time; who leaves makes room', () => {
  const room = new WaitingRoom(LIMITS)
  const [one, two] = [guest('a'), guest('a')]
  expect(room.enter(one).admitted).toBe(true)
  expect(room.enter(two).admitted).toBe(true)
  expect(room.enter(guest('a')).admitted).toBe(false)
  room.leave(one)
  room.leave(one)
  expect(room.enter(guest('a')).admitted).toBe(true)
  expect(room.size).toBe(2)
})

test('a block comes at its rate, and the rates of many blocks are bounded', () => {
  const room = new WaitingRoom(LIMITS)
  const visit = (at: number): boolean => {
    const one = guest('a', at)
    const { admitted } = room.enter(one)
    room.leave(one)
    return admitted
  }
  expect([visit(0), visit(0), visit(0), visit(0)]).toEqual([true, true, true, false])
  expect(visit(999)).toBe(false)
  expect([visit(1100), visit(1100)]).toEqual([true, false])
  for (let i = 0; i < 20; i++) room.leave(guest(`b${i}`))
  expect(room.size).toBe(0)
})

test('exempt ones have neither', () => {
  const room = new WaitingRoom({ ...LIMITS, pending: 100 })
  for (let i = 0; i < 50; i++) expect(room.enter(guest(undefined)).admitted).toBe(true)
})

test('a full room drops who is stuck longest, the crowded first; never the newcomer', () => {
  const room = new WaitingRoom(LIMITS)
  const silent = guest('c', 0)
  const crowd = [guest('b', 10), guest('b', 10)]
  for (const each of [silent, ...crowd, guest('a', 20)]) room.enter(each)
  expect(room.enter(guest('d', 30)).drop).toBe(crowd[0])
  expect(room.enter(guest('e', 40)).drop).toBe(silent)
  expect(room.enter(guest('f', 50)).drop).toBe(crowd[1])
  expect(room.size).toBe(4)
})

test('who gets on from stage to stage stays; a drip is no stage, and who is proven goes last', () => {
  const room = new WaitingRoom(LIMITS)
  let said = 28
  const honest: Waiting = { block: 'h', since: millis(0), heard: () => said }
  const dripping = guest('b', 0, 3)
  const proven = guest('c', 0, 500)
  for (const each of [honest, dripping, proven, guest('d', 5)]) room.enter(each)
  room.proven(proven)
  expect(room.enter(guest('e', 100)).drop).toBe(dripping)
  said = 70
  expect(room.enter(guest('f', 150)).drop).not.toBe(honest)
  expect(room.enter(guest('g', 200)).drop).not.toBe(honest)
  expect(room.enter(guest('h2', 210)).drop).not.toBe(proven)
})

test('a flood from a thousand addresses leaves an honest handshake alone', () => {
  const room = new WaitingRoom<Waiting>({})
  for (let i = 0; i < 400; i++) room.enter(guest(`x${i}`, i, (i % 3) * 15))
  // A new one each ms, and 100 ms from one stage of the handshake to the next.
  let now = 400
  const honest = { block: 'h', since: millis(now), heard: () => (now < 500 ? 0 : now < 600 ? 28 : 100) }
  room.enter(honest)
  const dropped = []
  for (; now < 700; now++) dropped.push(room.enter(guest(`y${now}`, now, (now % 3) * 15)).drop)
  expect(dropped).not.toContain(honest)
  expect(room.size).toBe(256)
})
