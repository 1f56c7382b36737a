import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { DAY_MINUTES, EVERY_DAY, inSchedule } from '../../src/index.ts'

const MON_TO_FRI = 0b011_1110
const time = (weekday: number, hours: number, minutes = 0) => ({ weekday, minute: hours * 60 + minutes })

describe('inSchedule', () => {
  const office = { from: 9 * 60, to: 17 * 60 + 30, days: MON_TO_FRI }
  test.each([
    ['the first minute', time(1, 9), true],
    ['the minute before', time(1, 8, 59), false],
    ['the last minute', time(5, 17, 29), true],
    ['the end', time(5, 17, 30), false],
    ['Saturday', time(6, 12), false],
    ['Sunday', time(0, 12), false]
  ])('by day: %s', (_name, now, holds) => expect(inSchedule(office, now)).toBe(holds))

  const night = { from: 22 * 60, to: 6 * 60, days: 1 << 5 }
  test.each([
    ['Friday evening', time(5, 22), true],
    ['the Saturday morning after', time(6, 5, 59), true],
    ['Saturday at the end', time(6, 6), false],
    ['Friday morning, which belongs to Thursday', time(5, 3), false],
    ['Saturday evening', time(6, 23), false]
  ])('over midnight: %s', (_name, now, holds) => expect(inSchedule(night, now)).toBe(holds))

  test('from Saturday into Sunday', () => {
    expect(inSchedule({ ...night, days: 1 << 6 }, time(0, 1))).toBe(true)
  })

  property.prop([
    fc.integer({ min: 0, max: DAY_MINUTES - 1 }),
    fc.integer({ min: 0, max: DAY_MINUTES - 1 }),
    fc.integer({ min: 1, max: EVERY_DAY })
  ])('holds in a week as many minutes as its hours and days make', (from, to, days) => {
    let holds = 0
    for (let weekday = 0; weekday < 7; weekday++)
      for (let minute = 0; minute < DAY_MINUTES; minute++)
        if (inSchedule({ from, to, days }, { weekday, minute })) holds++
    const count = days.toString(2).replaceAll('0', '').length
    expect(holds).toBe(count * ((to - from + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES))
  })
})
