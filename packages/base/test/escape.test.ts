import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { printable, printableText, printableJson } from '../src/escape.ts'

/** What moves the cursor, hides or reorders. */
const UNSAFE = ['\u001b', '\r', '\n', '\u009b', '\u202e', '\u2066', '\u200b', '\u200d', '\ufeff', '\u2028']
const INVISIBLE = ['\u034f', '\u115f', '\u3164', '\ufe0f', '\u{e0041}', '\ud800', '\u00ad']

describe('text from outside', () => {
  test.each([...UNSAFE, ...INVISIBLE])('%j is shown as its number', (c) => {
    expect(printable(`a${c}b`)).toMatch(/^a\\u\{[\dA-F]+\}b$/)
  })

  test('what can be read stays, and long text is cut', () => {
    expect(printable('Ärger 日本 🎉 é')).toBe('Ärger 日本 🎉 é')
    expect(printable('abcd', 3)).toBe('abc…')
  })

  property.prop([
    fc.array(fc.oneof(fc.constantFrom(...UNSAFE, ...INVISIBLE), fc.string({ unit: 'binary' })))
  ])('JSON says the same and has nothing unsafe in it', (texts) => {
    const json = printableJson(texts)
    expect(JSON.parse(json)).toEqual(texts)
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
  })
})

test('text of many lines keeps its line ends and tabs, and styles where it may have some', () => {
  const text = 'a\tb\n\u001b[1;32mc\u001b[0m\u001b[2J\u202Ed\r\n'
  const end = '\\u{1B}[2J\\u{202E}d\\u{D}\n'
  expect(printableText(text, true)).toBe(`a\tb\n\u001b[1;32mc\u001b[0m${end}`)
  expect(printableText(text)).toBe(`a\tb\n\\u{1B}[1;32mc\\u{1B}[0m${end}`)
  expect(printableText(printableText(text))).toBe(printableText(text))
  const long = 'x'.repeat(5000)
  expect(printableText(long)).toBe(long)
})
