import { millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { RELAY } from '../../src/limits/index.ts'
import { Places } from '../../src/relay/places.ts'

const start = millis(1000)
const member = (i: number) => ({ peer: `member ${i}`, block: `10.0.${i}`, member: true })
const stranger = (i: number) => ({ peer: `stranger ${i}`, block: `11.0.${i}`, member: false })

test('strangers get half of the places, members all that are left', () => {
  const places = new Places()
  const given = Array.from({ length: 20 }, (_, i) => places.grant(stranger(i), 10, start))
  expect(given.filter((place) => typeof place !== 'string')).toHaveLength(5)
  expect(given.at(-1)).toBe('no-place')
  for (let i = 0; i < 5; i++) expect(places.grant(member(i), 10, start)).toMatchObject({ member: true })
  expect(places.grant(member(6), 10, start)).toBe('no-place')
  expect(places.count(start)).toEqual({ all: 10, members: 5 })
})

test('who has a place keeps it by asking again, also when all are taken or there are fewer', () => {
  const places = new Places()
  for (let i = 0; i < 4; i++) places.grant(member(i), 4, start)
  const later = millis(start + RELAY.memberTtl / 2)
  expect(places.grant(member(0), 1, later)).toMatchObject({ expires: later + RELAY.memberTtl })
  const end = millis(start + RELAY.memberTtl)
  expect([places.find('member 0', end), places.find('member 1', end)]).toMatchObject([
    { given: later },
    undefined
  ])
  expect(places.count(end).all).toBe(1)
})

test('one address block gets four places, this machine is not counted', () => {
  const places = new Places()
  const from = (i: number, block: string | undefined) => ({ peer: `${block} ${i}`, block, member: true })
  const given = Array.from({ length: 10 }, (_, i) => places.grant(from(i, '5.5.5.5'), 100, start))
  expect(given.filter((place) => typeof place !== 'string')).toHaveLength(RELAY.placesPerBlock)
  expect(given.at(-1)).toBe('address-block')
  for (let i = 0; i < 10; i++)
    expect(places.grant(from(i, undefined), 100, start)).toMatchObject({ given: start })
  places.release('5.5.5.5 0')
  expect(places.grant(from(9, '5.5.5.5'), 100, start)).toMatchObject({ given: start })
})

test('10,000 who ask leave as many places as there may be', () => {
  const places = new Places()
  for (let i = 0; i < 10_000; i++) places.grant(i % 3 === 0 ? member(i) : stranger(i), 128, start)
  expect(places.count(start)).toEqual({ all: 128, members: 64 })
})
