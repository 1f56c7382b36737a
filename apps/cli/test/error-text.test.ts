import { ShareError } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { errorJson, errorLine } from '../src/render/error-text.ts'

test('an error of a daemon elsewhere plays no tricks on the terminal', () => {
  const tricks = '\u001b]52;c;ZXZpbA==\u0007\u202e\rx'
  const error = new ShareError({ code: 'a.b', fault: 'user', message: `${tricks}\n  more.`, hint: tricks })
  expect(errorLine(error)).toBe(
    'p2pshare: \\u{1B}]52;c;ZXZpbA==\\u{7}\\u{202E}\\u{D}x more — \\u{1B}]52;c;ZXZpbA==\\u{7}\\u{202E}\\u{D}x'
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(errorJson(error)).not.toMatch(/[\u0000-\u001f\u202e]/)
  expect(
    errorLine(new ShareError({ code: 'a.b', fault: 'user', message: 'x'.repeat(1e6), hint: '' })).length
  ).toBeLessThan(9000)
})
