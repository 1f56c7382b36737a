import fc from 'fast-check'
import { expect, test } from 'vitest'
import { markAnnounced, nextBatch, nextDue } from '../../src/announce/next-batch.ts'
import {
  type Announced,
  decodeProgress,
  encodeProgress,
  freshProgress,
  totalKeys
} from '../../src/announce/publication-state.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'
import { keyList, publication } from '../support/nodes.ts'

const START = 1_800_000_000_000

function announced(share: string, files: number, chunks: number): Announced {
  return {
    publication: {
      ...publication(share),
      files: keyList(`${share} f`, files),
      chunks: keyList(`${share} c`, chunks)
    },
    progress: freshProgress('x'),
    rootDue: true
  }
}

/** Announces until nothing is due; answers the phases in order. */
function drain(all: Announced[], now: number): { share: string; from: number; to: number }[] {
  const done: { share: string; from: number; to: number }[] = []
  for (let parts = nextBatch(all, now); parts.length > 0; parts = nextBatch(all, now)) {
    expect(parts.reduce((sum, part) => sum + part.to - part.from, 0)).toBeLessThanOrEqual(ANNOUNCE.batch)
    for (const part of parts) {
      done.push({ share: part.announced.publication.share, from: part.from, to: part.to })
      markAnnounced(part, now)
    }
    expect(done.length).toBeLessThan(10_000)
  }
  return done
}

test('all roots come first, then all files, then chunks; every key exactly once', () => {
  const size = fc.tuple(fc.nat(400), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 6 }), (sizes) => {
      const all = sizes.map(([files, chunks], i) => announced(`s${i}`, files, chunks))
      const done = drain(all, START)
      expect(done.slice(0, all.length).every((part) => part.from === 0 && part.to === 1)).toBe(true)
      const phase = (part: { share: string; from: number }): number => {
        const files = all[Number(part.share.slice(1))]?.publication.files.count ?? 0
        return part.from === 0 ? 0 : part.from <= files ? 1 : 2
      }
      expect(done.map(phase)).toEqual(done.map(phase).toSorted((a, b) => a - b))
      for (const each of all) {
        const parts = done.filter((part) => part.share === each.publication.share)
        expect(parts.map((part) => part.from)).toEqual([0, ...parts.slice(0, -1).map((part) => part.to)])
        expect(parts.at(-1)?.to).toBe(totalKeys(each.publication))
      }
    }),
    { numRuns: 30 }
  )
})

test('a round begins again when its records get old, and knows when that is', () => {
  const one = announced('s', 1, 500)
  drain([one], START)
  expect(nextBatch([one], START + ANNOUNCE.interval - 1)).toEqual([])
  expect(nextDue([one])).toBe(START + ANNOUNCE.interval)
  const again = drain([one], START + ANNOUNCE.interval)
  expect(again[0]).toEqual({ share: 's', from: 0, to: 1 })
  expect(one.progress).toMatchObject({ cursor: 502, startedAt: START + ANNOUNCE.interval, previousAt: START })
})

test('after a restart the root is announced at once and the rest goes on where it was', () => {
  const one = announced('s', 1, 1000)
  const first = nextBatch([one], START)
  for (const part of first) markAnnounced(part, START)
  for (const part of nextBatch([one], START)) markAnnounced(part, START)
  for (const part of nextBatch([one], START)) markAnnounced(part, START)
  const { cursor } = one.progress
  expect(cursor).toBeGreaterThan(200)
  one.rootDue = true
  const done = drain([one], START + 1000)
  expect(done[0]).toEqual({ share: 's', from: 0, to: 1 })
  expect(done[1]?.from).toBe(cursor)
})

test('progress survives its row; a damaged or foreign row starts anew', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(), fc.nat(), (cursor, startedAt, previousAt) => {
      const progress = { fingerprint: 'abc', cursor, startedAt, previousAt }
      expect(decodeProgress(encodeProgress(progress), 'abc', 100)).toEqual(progress)
      expect(decodeProgress(encodeProgress(progress), 'abd', 100)).toBeUndefined()
      expect(decodeProgress(encodeProgress(progress), 'abc', cursor - 1)).toBeUndefined()
    })
  )
  expect(decodeProgress(undefined, 'abc', 1)).toBeUndefined()
  expect(decodeProgress(Buffer.from('abc 1 x 2'), 'abc', 10)).toBeUndefined()
  expect(decodeProgress(Buffer.from('abc -1 0 0'), 'abc', 10)).toBeUndefined()
})
