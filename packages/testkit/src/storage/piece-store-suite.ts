import { type Bytes, bytes, type PieceIndex, pieceIndex, seededRng } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SampleShare, sampleShare } from './sample-share.ts'

/** One share in one implementation, under test. */
export interface PieceStoreFixture {
  store: PieceStore
  /** Closes nothing; opens the share anew, as after a restart. */
  reopen(): Promise<PieceStore>
  /** Ends the test: closes stores and removes files. */
  dispose(): Promise<void>
}

const SHAPES: readonly [name: string, share: SampleShare][] = [
  ['one file', sampleShare({ seed: 1, files: [{ size: 10_000 }] })],
  ['one piece', sampleShare({ seed: 2, files: [{ size: 1 }] })],
  [
    'a folder',
    sampleShare({ seed: 3, files: [3000, 0, 1, 1024, 5000].map((size) => ({ size })), folders: [['empty']] })
  ],
  ['wrapped leaves', sampleShare({ seed: 4, wrapped: true, files: [{ size: 4000 }] })]
]

/** What every `PieceStore` must do, whatever it keeps the bytes in. */
export function pieceStoreSuite(
  name: string,
  make: (share: SampleShare) => Promise<PieceStoreFixture>
): void {
  describe(`PieceStore: ${name}`, () => {
    describe.each(SHAPES)('%s', (_, share) => {
      const count = share.layout.pieceCount
      const run = (test: (fixture: PieceStoreFixture) => Promise<void>) => async (): Promise<void> => {
        const fixture = await make(share)
        try {
          await test(fixture)
        } finally {
          await fixture.dispose()
        }
      }

      it(
        'begins with nothing',
        run(async ({ store }) => {
          expect(store.have.length).toBe(count)
          expect(store.have.isEmpty).toBe(true)
          await expect(readAll(store, share, pieceIndex(0))).rejects.toMatchObject({
            code: 'storage.missing'
          })
        })
      )

      it(
        'reads back what was written, in parts too',
        run(async ({ store }) => {
          await writeAll(store, share)
          expect(store.have.isFull).toBe(true)
          for (const piece of pieces(share)) {
            const block = share.block(piece)
            expect(await readAll(store, share, piece)).toEqual(block)
            const from = block.byteLength >> 1
            const part = await store.read(piece, bytes(from), bytes(block.byteLength - from))
            expect(Uint8Array.from(part)).toEqual(block.slice(from))
          }
        })
      )

      it(
        'answers the same into a buffer that it is given',
        run(async ({ store }) => {
          await writeAll(store, share)
          for (const piece of pieces(share)) {
            const block = share.block(piece)
            const size = bytes(block.byteLength)
            const into = new Uint8Array(size).fill(0xee)
            expect(Uint8Array.from(await store.read(piece, bytes(0), size, into))).toEqual(block)
            const from = block.byteLength >> 1
            const rest = bytes(block.byteLength - from)
            const part = await store.read(piece, bytes(from), rest, new Uint8Array(rest))
            expect(Uint8Array.from(part)).toEqual(block.slice(from))
          }
        })
      )

      it(
        'leaves buffers to their owners',
        run(async ({ store }) => {
          const block = share.block(pieceIndex(0))
          await store.write(pieceIndex(0), block)
          block.fill(0xee)
          const first = await readAll(store, share, pieceIndex(0))
          expect(first).toEqual(share.block(pieceIndex(0)))
          ;(await store.read(pieceIndex(0), bytes(0), bytes(1))).fill(0xee)
          expect(await readAll(store, share, pieceIndex(0))).toEqual(first)
        })
      )

      it(
        'takes a piece that comes twice, even at once',
        run(async ({ store }) => {
          const writes = [0, 1, 2].map(() => store.write(pieceIndex(0), share.block(pieceIndex(0))))
          await Promise.all(writes)
          await store.write(pieceIndex(0), share.block(pieceIndex(0)))
          expect(store.have.count).toBe(1)
        })
      )

      it(
        'refuses a block of the wrong length',
        run(async ({ store }) => {
          const long = new Uint8Array(share.layout.blockSize(pieceIndex(0)) + 1)
          await expect(store.write(pieceIndex(0), long)).rejects.toMatchObject({
            code: 'storage.content-mismatch'
          })
          expect(store.have.isEmpty).toBe(true)
        })
      )

      it(
        'knows after a restart what was flushed',
        run(async ({ store, reopen }) => {
          await store.write(pieceIndex(0), share.block(pieceIndex(0)))
          await store.flush()
          await store.close()
          const again = await reopen()
          expect([...again.have.ones()]).toEqual([0])
          expect(await readAll(again, share, pieceIndex(0))).toEqual(share.block(pieceIndex(0)))
        })
      )

      it(
        'finishes, and still serves, also after a restart',
        run(async ({ store, reopen }) => {
          await writeAll(store, share)
          expect(await store.finish()).not.toBe('')
          for (const piece of pieces(share))
            expect(await readAll(store, share, piece)).toEqual(share.block(piece))
          await store.close()
          const again = await reopen()
          expect(again.have.isFull).toBe(true)
          for (const piece of pieces(share))
            expect(await readAll(again, share, piece)).toEqual(share.block(piece))
        })
      )

      it(
        'places files ahead of the rest, and still serves and finishes, also after a restart',
        run(async ({ store, reopen }) => {
          const { firstPiece, pieceCount } = share.layout.files.at(0) ?? { firstPiece: 0, pieceCount: 0 }
          const first = pieces(share).slice(firstPiece, firstPiece + pieceCount)
          for (const piece of first) await store.write(piece, share.block(piece))
          await store.place(share.layout.files.keys())
          const check = async (held: PieceStore): Promise<void> => {
            expect([...held.have.ones()]).toEqual(first)
            expect(held.strayed(() => true)).toBeUndefined()
            for (const piece of first) expect(await readAll(held, share, piece)).toEqual(share.block(piece))
          }
          await check(store)
          await store.close()
          const again = await reopen()
          await check(again)
          await writeAll(again, share)
          await again.place([0])
          await again.finish()
          expect(again.have.isFull).toBe(true)
          for (const piece of pieces(share))
            expect(await readAll(again, share, piece)).toEqual(share.block(piece))
          await again.close()
        })
      )

      it(
        'verifies what is there',
        run(async ({ store }) => {
          await writeAll(store, share)
          const seen: number[] = []
          await store.verify((done, total) => seen.push(done, total))
          expect(seen.slice(-2)).toEqual([count, count])
          expect(store.have.isFull).toBe(true)
        })
      )
    })

    it('holds any set of pieces, in any order, over any restarts', async () => {
      const share = sampleShare({ seed: 9, files: [900, 0, 4000, 2049].map((size) => ({ size })) })
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.nat({ max: share.layout.pieceCount - 1 }) },
        { weight: 2, arbitrary: fc.constantFrom('flush' as const, 'restart' as const, 'place' as const) }
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 24 }), (steps) => holds(make(share), share, steps)),
        { numRuns: 12 }
      )
    })
  })
}

async function holds(
  made: Promise<PieceStoreFixture>,
  share: SampleShare,
  steps: readonly (number | 'flush' | 'restart' | 'place')[]
): Promise<void> {
  const fixture = await made
  let { store } = fixture
  const written = new Set<number>()
  try {
    for (const step of steps) {
      if (step === 'flush') await store.flush()
      else if (step === 'place') await store.place(share.layout.files.keys())
      else if (step === 'restart') {
        await store.close()
        store = await fixture.reopen()
      } else {
        written.add(step)
        await store.write(pieceIndex(step), share.block(pieceIndex(step)))
      }
      expect([...store.have.ones()]).toEqual([...written].sort((a, b) => a - b))
    }
    for (const piece of written) {
      expect(await readAll(store, share, pieceIndex(piece))).toEqual(share.block(pieceIndex(piece)))
    }
  } finally {
    await store.close()
    await fixture.dispose()
  }
}

function pieces(share: SampleShare): PieceIndex[] {
  return Array.from({ length: share.layout.pieceCount }, (_, i) => pieceIndex(i))
}

async function writeAll(store: PieceStore, share: SampleShare): Promise<void> {
  const order = pieces(share)
  const rng = seededRng(share.layout.pieceCount)
  while (order.length > 0) {
    const [piece] = order.splice(rng.below(order.length), 1)
    if (piece !== undefined) await store.write(piece, share.block(piece))
  }
}

async function readAll(store: PieceStore, share: SampleShare, piece: PieceIndex): Promise<Uint8Array> {
  const size: Bytes = share.layout.blockSize(piece)
  return Uint8Array.from(await store.read(piece, bytes(0), size))
}
