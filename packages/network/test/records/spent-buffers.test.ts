import { describe, expect, test } from 'vitest'
import { freeBuffer, isWhole, spendBytes, trackBuffer } from '../../src/records/spent-buffers.ts'

describe('spent buffers', () => {
  test('are freed with their last byte, and not before', () => {
    const { buffer } = new Uint8Array(5000)
    trackBuffer(buffer)
    spendBytes(buffer, 12)
    spendBytes(buffer, 4987)
    expect(buffer.byteLength).toBe(5000)
    spendBytes(buffer, 1)
    expect(buffer.detached).toBe(true)
  })

  test('that nobody tracks are left alone', () => {
    const { buffer } = new Uint8Array(5000)
    spendBytes(buffer, 5000)
    expect(buffer.detached).toBe(false)
  })

  test('may be freed twice', () => {
    const { buffer } = new Uint8Array(5000)
    freeBuffer(buffer)
    expect(() => freeBuffer(buffer)).not.toThrow()
  })

  test('only a view of all of a buffer is whole', () => {
    const buffer = new Uint8Array(5000)
    expect(isWhole(buffer)).toBe(true)
    expect(isWhole(buffer.subarray(1))).toBe(false)
    expect(isWhole(new Uint8Array(8))).toBe(false)
  })
})
