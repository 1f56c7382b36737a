import { Bitfield, invariant, pieceIndex, seededRng } from '@p2pshare/base'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomBytes, sampleIdentity, sampleShare } from './sample-share.ts'

/** A catalogue under test. */
export interface CatalogueFixture {
  catalogue: Catalogue
  /** Closes the catalogue and opens it anew, as after a restart. */
  reopen(): Catalogue
  dispose(): void
}

/** A row with every field set, for tests. */
export function sampleRecord(cid: string, change: Partial<ShareRecord> = {}): ShareRecord {
  return {
    cid,
    name: 'photos “2026” \u0000 end',
    size: 2 ** 50 + 1,
    pieces: 3,
    indexed: true,
    complete: false,
    state: 'fetching',
    reason: undefined,
    path: '/home/me/photos',
    partPath: '/home/me/.photos.p2pshare-part',
    hints: [{ peer: 'peer', addresses: ['/ip4/127.0.0.1/tcp/1'] }],
    uploaded: 1,
    downloaded: 2,
    addedAt: 1_790_000_000_000,
    ...change
  }
}

/** What every `Catalogue` must do. */
export function catalogueSuite(name: string, make: () => CatalogueFixture): void {
  describe(`Catalogue: ${name}`, () => {
    let fixture: CatalogueFixture
    let catalogue: Catalogue
    beforeEach(() => {
      fixture = make()
      catalogue = fixture.catalogue
    })
    afterEach(() => fixture.dispose())

    it('keeps shares, and replaces them', () => {
      const a = sampleRecord('a', { reason: 'because', state: 'error', partPath: undefined, complete: true })
      catalogue.putShare(sampleRecord('a'))
      catalogue.putShare(sampleRecord('b'))
      catalogue.putHave('a', Bitfield.full(3))
      catalogue.putShare(a)
      catalogue = fixture.reopen()
      expect(catalogue.shares()).toEqual([a, sampleRecord('b')])
      expect(catalogue.share('a')).toEqual(a)
      expect(catalogue.share('c')).toBeUndefined()
      expect(catalogue.have('a', 3).isFull).toBe(true)
    })

    it('forgets everything of a removed share', () => {
      const digest = randomBytes(seededRng(1), 32)
      for (let round = 0; round < 2; round++) {
        catalogue.putShare(sampleRecord('a'))
        expect(catalogue.have('a', 3).isEmpty).toBe(true)
        expect(catalogue.locate(digest)).toEqual([])
        expect([[...catalogue.identities('a')], catalogue.wraps('a'), catalogue.indexBlocks('a')]).toEqual([
          [],
          [],
          []
        ])
        catalogue.putHave('a', Bitfield.full(3))
        catalogue.putPieceKeys('a', 1, () => digest)
        catalogue.putIdentities('a', [sampleIdentity(0, seededRng(2))])
        catalogue.putWraps('a', [{ piece: pieceIndex(0), prefix: Uint8Array.of(1), suffix: Uint8Array.of() }])
        catalogue.putIndexBlocks('a', sampleBlocks(2))
        catalogue.removeShare('a')
      }
      catalogue.removeShare('never there')
    })

    it('keeps index blocks in order, each once, and finds them by digest', () => {
      const blocks = sampleBlocks(5)
      catalogue.putShare(sampleRecord('a'))
      catalogue.putShare(sampleRecord('b'))
      catalogue.putIndexBlocks('a', blocks.slice(0, 3))
      catalogue.putIndexBlocks('a', blocks.slice(2))
      catalogue.putIndexBlocks('b', blocks.slice(1, 2))
      catalogue = fixture.reopen()
      expect(catalogue.indexBlocks('a').map(({ cid }) => cid.toString())).toEqual(
        blocks.map(({ cid }) => cid.toString())
      )
      catalogue.removeShare('a')
      const [first, second] = blocks
      expect(first && catalogue.findIndexBlock(first.cid.multihash.digest)).toBeUndefined()
      expect(second && catalogue.findIndexBlock(second.cid.multihash.digest)).toEqual(second?.data)
    })

    it('locates pieces of all shares by digest', () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, count) => {
          const rng = seededRng(seed)
          const digests = Array.from({ length: count }, () => randomBytes(rng, 32))
          const digest = (i: number): Uint8Array => digests[i] ?? new Uint8Array(32)
          for (const cid of ['a', 'b']) {
            catalogue.removeShare(cid)
            catalogue.putShare(sampleRecord(cid))
            catalogue.putPieceKeys(cid, count, digest)
            catalogue.putPieceKeys(cid, count, digest)
          }
          for (let i = 0; i < count; i++) {
            const found = ['a', 'b'].map((share) => ({ share, piece: i }))
            expect(catalogue.locate(digest(i))).toEqual(found)
          }
          expect(catalogue.locate(randomBytes(rng, 32))).toEqual([])
        }),
        { numRuns: 20 }
      )
    })

    it('keeps piece maps, identities and wraps', () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (seed, length) => {
          const rng = seededRng(seed)
          const have = new Bitfield(length)
          for (let i = 0; i < length; i++) if (rng.below(2) === 1) have.set(i)
          const identities = Array.from({ length: 5 }, (_, file) => sampleIdentity(file, rng))
          const wraps = [0, 7].map((p) => ({
            piece: pieceIndex(p),
            prefix: randomBytes(rng, rng.below(20)),
            suffix: randomBytes(rng, rng.below(20))
          }))
          catalogue.putShare(sampleRecord('a'))
          catalogue.putHave('a', have)
          catalogue.putIdentities('a', identities.toReversed())
          catalogue.putWraps('a', wraps)
          expect(catalogue.have('a', length).toBytes()).toEqual(have.toBytes())
          expect(catalogue.have('a', length + 100).isEmpty).toBe(true)
          expect([...catalogue.identities('a')]).toEqual(identities)
          expect(catalogue.wraps('a')).toEqual(wraps)
        }),
        { numRuns: 20 }
      )
    })

    it('adds to identities of other files', () => {
      const rng = seededRng(5)
      const [first, second, third] = [sampleIdentity(0, rng), sampleIdentity(1, rng), sampleIdentity(0, rng)]
      catalogue.putShare(sampleRecord('a'))
      catalogue.putIdentities('a', [first, second])
      catalogue.putIdentities('a', [third])
      expect([...catalogue.identities('a')]).toEqual([third, second])
    })

    it('keeps bans', () => {
      catalogue.putBan('p', 5, 'two bad pieces')
      catalogue.putBan('q', 6, 'x')
      catalogue.putBan('p', 7, 'again')
      catalogue.removeBan('q')
      expect(fixture.reopen().bans()).toEqual([{ peer: 'p', until: 7, reason: 'again' }])
    })

    it('undoes a transaction that fails, with all inside it', () => {
      catalogue.putShare(sampleRecord('a'))
      const attempt = (): void =>
        catalogue.transaction(() => {
          catalogue.transaction(() => catalogue.putShare(sampleRecord('b')))
          catalogue.putHave('a', Bitfield.full(3))
          catalogue.putHave('b', Bitfield.full(3))
          catalogue.values('x').put('k', Uint8Array.of(1))
          invariant(false, 'on purpose')
        })
      expect(attempt).toThrow('on purpose')
      expect(catalogue.share('b')).toBeUndefined()
      expect(catalogue.have('a', 3).isEmpty).toBe(true)
      expect(catalogue.values('x').get('k')).toBeUndefined()
      expect(() => catalogue.putHave('b', new Bitfield(1))).toThrow(
        expect.objectContaining({ code: 'storage.unknown-share' })
      )
      expect(catalogue.transaction(() => 7)).toBe(7)
    })

    it('keeps values by area, key and prefix', () => {
      const key = fc.string({ maxLength: 6, unit: 'grapheme' })
      const value = fc.uint8Array({ maxLength: 9 })
      const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k, maxLength: 30 })
      let area = 0
      fc.assert(
        fc.property(entries, key, (all, prefix) => {
          const values = catalogue.values(`area ${++area}`)
          values.batch(
            all.map(([k, v]) => ({ key: k, value: v })),
            []
          )
          const expected = all
            .filter(([k]) => k.startsWith(prefix))
            .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          const found = [...values.query(prefix)].map(({ key: k, value: v }) => [k, Uint8Array.from(v)])
          expect(found).toEqual(expected)
          for (const [k, v] of all) expect(values.get(k)).toEqual(v)
          values.batch(
            [],
            all.map(([k]) => k)
          )
          expect([...values.query('')]).toEqual([])
        }),
        { numRuns: 30 }
      )
    })

    it('finds keys below prefixes that end with the last characters there are', () => {
      const values = catalogue.values('edges')
      const prefixes = ['\u{d7ff}', '\u{10ffff}', 'a\u{10ffff}', '\u{10ffff}\u{10ffff}', '\u{ffff}']
      const keys = [...prefixes, ...prefixes.map((prefix) => `${prefix}\u{10ffff}x`), '\u{e000}', 'b']
      for (const key of keys) values.put(key, Uint8Array.of(1))
      for (const prefix of prefixes) {
        const found = [...values.query(prefix)].map(({ key }) => key)
        expect(new Set(found)).toEqual(new Set(keys.filter((key) => key.startsWith(prefix))))
      }
    })

    it('answers a long query while it is written to', () => {
      const values = catalogue.values('x')
      const keys = Array.from({ length: 1000 }, (_, i) => `k${String(i).padStart(4, '0')}`)
      values.batch(
        keys.map((key) => ({ key, value: Uint8Array.of(1) })),
        []
      )
      const seen: string[] = []
      for (const { key } of values.query('k')) {
        seen.push(key)
        values.delete(key)
      }
      expect(seen).toEqual(keys)
      expect(values.get('k0000')).toBeUndefined()
    })
  })
}

function sampleBlocks(count: number): { cid: ReturnType<typeof cidOf>; data: Uint8Array }[] {
  return Array.from({ length: count }, (_, i) => ({ cid: cidOf(i), data: randomBytes(seededRng(i), 40) }))
}

function cidOf(seed: number): ReturnType<typeof sampleShare>['layout']['root'] {
  return sampleShare({ seed, files: [{ size: 1 }] }).layout.root
}
