import { MiB } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { Uplink } from './uplink.ts'

const MB = 1_000_000
const many = (n: number, rate: number): number[] => Array.from({ length: n }, () => rate)

describe('how much is in service at once', () => {
  test('is little on a slow uplink, so that whole pieces arrive one after the other', () => {
    const uplink = new Uplink(MB, many(8, 100 * MB))
    let firstPiece = 0
    for (let ms = 0; ms < 20_000 && !uplink.got.some((n) => n >= MiB); ms += 100) {
      uplink.run(100)
      firstPiece = ms + 100
    }
    // All at once would take 8 s.
    expect(firstPiece).toBeLessThanOrEqual(4000)
  })

  test('stays fair over longer times', () => {
    const uplink = new Uplink(2 * MB, many(8, 100 * MB))
    uplink.run(120_000)
    expect(uplink.total).toBeGreaterThan(0.95 * 120 * 2 * MB)
    expect(Math.max(...uplink.got) - Math.min(...uplink.got)).toBeLessThanOrEqual(3 * MiB)
  })

  test('grows until slow receivers use what the uplink has', () => {
    const uplink = new Uplink(100 * MB, many(20, 0.2 * MB))
    uplink.run(60_000)
    const before = uplink.total
    uplink.run(60_000)
    expect(uplink.total - before).toBeGreaterThan(0.75 * 60 * 4 * MB)
  })

  test('a receiver that takes nothing holds up nobody', () => {
    const uplink = new Uplink(MB, [0, 0, 0, 100 * MB])
    uplink.run(60_000)
    expect(uplink.got[3]).toBeGreaterThan(0.85 * 60 * MB)
  })
})
