import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { printable, printableJson } from '../src/escape.ts'

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
