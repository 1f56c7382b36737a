import { seededRng } from '@p2pshare/base'
import type { PeerWorth } from '@p2pshare/ports'
import { expect, test } from 'vitest'
import { chooseToClose, type HeldConnection, hasPlace, worthOf } from '../../src/connections/keep-policy.ts'

const MINUTE = 60_000
const LIMITS = { comfortable: 4, max: 6, maxInbound: 5 }

function held(part: Partial<HeldConnection> = {}): HeldConnection {
  return {
    inbound: true,
    relayed: false,
    age: MINUTE,
    swarm: undefined,
    dht: 'none',
    busy: false,
    placed: false,
    spare: false,
    ...part
  }
}
const swarm = (part: Partial<PeerWorth> = {}): PeerWorth => ({
  transferring: false,
  shares: 1,
  wanted: false,
  wanting: false,
  ...part
})
const many = (count: number, part: Partial<HeldConnection> = {}): HeldConnection[] =>
  Array.from({ length: count }, () => held(part))

test('worth follows use: swarm, then DHT, then who dialled, how, and how long ago', () => {
  const order = [
    held({ spare: true, swarm: swarm() }),
    held(),
    held({ inbound: false }),
    held({ age: 1000 }),
    held({ dht: 'table' }),
    held({ busy: true }),
    held({ dht: 'near' }),
    held({ placed: true }),
    held({ swarm: swarm({ shares: 0 }) }),
    held({ relayed: true, swarm: swarm() }),
    held({ swarm: swarm() }),
    held({ swarm: swarm(), age: 60 * MINUTE }),
    held({ swarm: swarm({ shares: 3 }) }),
    held({ swarm: swarm({ wanting: true }) }),
    held({ swarm: swarm({ wanted: true }) }),
    held({ swarm: swarm({ transferring: true }) })
  ]
  const worths = order.map(worthOf)
  expect(worths).toEqual([...worths].sort((a, b) => a - b))
  expect(new Set(worths).size).toBe(worths.length)
})

test('nobody is closed up to the comfortable number', () => {
  expect(chooseToClose(many(4), LIMITS)).toEqual([])
})

test('between comfortable and full only what is of no use goes', () => {
  const linked = many(5, { inbound: false, swarm: swarm() })
  expect(chooseToClose(linked, LIMITS)).toEqual([])
  const idle = held({ inbound: false })
  const young = held({ inbound: false, age: 100 })
  expect(chooseToClose([...linked.slice(0, 3), idle, young], LIMITS)).toEqual([idle])
  expect(chooseToClose([...linked.slice(0, 4), held({ busy: true })], LIMITS)).toEqual([])
})

test('above the maximum the least worth goes, and a transfer only when all others are one', () => {
  const moving = many(6, { inbound: false, swarm: swarm({ transferring: true }) })
  const idle = held({ inbound: false, swarm: swarm() })
  expect(chooseToClose([...moving, idle], LIMITS)).toEqual([idle])
  const young = held({ inbound: false, age: 1 })
  expect(chooseToClose([...moving, young], LIMITS)).toEqual([young])
  expect(
    chooseToClose([...moving, ...many(1, { inbound: false, swarm: swarm({ transferring: true }) })], LIMITS)
  ).toHaveLength(1)
})

test('inbound ones leave room for those that we open', () => {
  const inbound = many(6, { swarm: swarm() })
  expect(chooseToClose(inbound, LIMITS)).toHaveLength(1)
  expect(hasPlace(inbound.slice(0, 5), undefined, LIMITS)).toBe(false)
  expect(hasPlace(many(5, { inbound: false, swarm: swarm() }), undefined, LIMITS)).toBe(true)
})

test('a stranger takes the place of what has been of no use, a known peer that of less', () => {
  const full = many(6, { inbound: false, swarm: swarm() })
  expect(hasPlace(full, undefined, LIMITS)).toBe(false)
  expect(hasPlace([...full.slice(1), held({ inbound: false })], undefined, LIMITS)).toBe(true)
  expect(hasPlace([...full.slice(1), held({ inbound: false, age: 5 })], undefined, LIMITS)).toBe(false)
  expect(hasPlace(full, { swarm: swarm({ wanted: true }), dht: 'none' }, LIMITS)).toBe(true)
  expect(
    hasPlace([...full.slice(1), held({ dht: 'table' })], { swarm: undefined, dht: 'near' }, LIMITS)
  ).toBe(true)
})

test('whatever there is: never more than the limits stay, and no transfer goes before what is idle', () => {
  const rng = seededRng(6)
  const odds = (one: number): boolean => rng.below(one) === 0
  for (let round = 0; round < 300; round++) {
    const all = Array.from({ length: rng.below(14) }, () =>
      held({
        inbound: odds(2),
        relayed: odds(4),
        age: rng.below(30_000),
        busy: odds(4),
        spare: odds(5),
        dht: (['none', 'table', 'near'] as const)[rng.below(3)] ?? 'none',
        swarm: odds(2) ? swarm({ transferring: odds(2), shares: rng.below(4), wanted: odds(2) }) : undefined
      })
    )
    const closed = new Set(chooseToClose(all, LIMITS))
    const kept = all.filter((each) => !closed.has(each))
    expect(kept.length).toBeLessThanOrEqual(LIMITS.max)
    expect(kept.filter(({ inbound }) => inbound).length).toBeLessThanOrEqual(LIMITS.maxInbound)
    const moving = [...closed].filter((each) => each.swarm?.transferring === true)
    for (const { inbound } of moving) {
      const idle = kept.filter((each) => each.swarm?.transferring !== true)
      // Of those that had to go because too many came in, only they could.
      expect(idle.every((each) => inbound && !each.inbound)).toBe(true)
    }
  }
})
