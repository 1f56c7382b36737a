import { expect, test } from 'vitest'
import { formatSpan } from '../src/index.ts'

test.each([
  [604_800_000, '7d'],
  [90 * 60_000, '1h 30m'],
  [86_461_000, '1d 1m'],
  [999, '0s'],
  [5000, '5s'],
  [-1, '0s']
])('%i ms is %s', (time, text) => expect(formatSpan(time)).toBe(text))
