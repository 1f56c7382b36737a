import { describe, expect, test } from 'vitest'
import { type Position, relaysToAsk, relaysWanted, renewAfter } from '../../src/circuit/relay-choice.ts'
import { CIRCUIT } from '../../src/limits/index.ts'

const LONG = CIRCUIT.patience

describe('relaysWanted', () => {
  test.each<[string, Position, boolean]>([
    ['nobody to ask', { reach: 'none', nat: 'unknown', unreachedFor: undefined }, false],
    ['reached directly', { reach: 'direct', nat: 'endpoint-independent', unreachedFor: LONG }, false],
    ['said to be out of reach', { reach: 'none', nat: 'none', unreachedFor: 0 }, true],
    ['behind a router, not for long', { reach: 'unknown', nat: 'unknown', unreachedFor: LONG - 1 }, false],
    ['behind a router', { reach: 'unknown', nat: 'endpoint-dependent', unreachedFor: LONG }, true],
    ['no router, nobody has tried', { reach: 'unknown', nat: 'none', unreachedFor: LONG }, false],
    ['over relays already', { reach: 'relayed', nat: 'endpoint-independent', unreachedFor: LONG }, true]
  ])('%s', (_, position, wanted) => expect(relaysWanted(position)).toBe(wanted ? CIRCUIT.relays : 0))
})

describe('relaysToAsk', () => {
  const candidates = [
    { peer: 'young', member: false, since: 30 },
    { peer: 'old', member: false, since: 10 },
    { peer: 'member', member: true, since: 40 },
    { peer: 'out', member: true, since: 5 }
  ]
  const isOut = (peer: string): boolean => peer === 'out'

  test('takes members first, then who stayed longest, and nobody who is out', () => {
    expect(relaysToAsk(candidates, 2, isOut)).toEqual(['member', 'old'])
    expect(relaysToAsk(candidates, 9, isOut)).toEqual(['member', 'old', 'young'])
  })

  test('takes nobody when there are enough', () => {
    expect(relaysToAsk(candidates, 0, isOut)).toEqual([])
    expect(relaysToAsk(candidates, -1, isOut)).toEqual([])
  })
})

test('a place is renewed before its end, a short one not all the time', () => {
  expect(renewAfter(3_600_000)).toBe(3_300_000)
  expect(renewAfter(CIRCUIT.minPlace)).toBe(CIRCUIT.minPlace / 2)
})
