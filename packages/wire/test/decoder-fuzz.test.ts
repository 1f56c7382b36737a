import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkStream, type DecoderCase, decoderProperty } from './decoder-property.ts'
import kept from './regression-seeds.json' with { type: 'json' }

describe('a decoder under any bytes', () => {
  test('never throws, finds the same in any chunks, and stays with its first fault', () => {
    fc.assert(decoderProperty(), { numRuns: 400 })
  })

  test('reads every stream right that it once got wrong', () => {
    for (const { stream, sizes } of kept as DecoderCase[]) {
      expect(() => checkStream(Uint8Array.from(Buffer.from(stream, 'hex')), sizes)).not.toThrow()
    }
  })
})
