import { bytes, pieceIndex, seededRng } from '@p2pshare/base'
import { PIECE_SIZE, PLAIN_PER_BLOCK, type ShareLayout } from '@p2pshare/content'
import { randomBytes, sampleShare } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import {
  layoutFile,
  partOfFile,
  type ReadableFile,
  type ReadPiece,
  sealedBytes
} from '../../src/reading/readable-file.ts'

/** Reads a stretch part by part, as a reader does. */
async function read(file: ReadableFile, readPiece: ReadPiece, start: number, end: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (let at = start; at < end; ) {
    const part = file.partAt(at)
    const length = Math.min(part.length, end - at)
    parts.push((await part.read(readPiece, length)).bytes)
    at += length
  }
  return Buffer.concat(parts)
}

const lend =
  (block: (piece: number) => Uint8Array): ReadPiece =>
  async ({ piece, offset, length }) => ({
    bytes: block(piece).subarray(offset, offset + length),
    giveBack() {}
  })

test.each([false, true])('any stretch of a file is what is there; wrapped leaves: %s', async (wrapped) => {
  const share = sampleShare({
    seed: 3,
    files: [{ size: 10 }, { size: 5000 }, { size: 0 }, { size: 77, inline: true }],
    wrapped
  })
  const readPiece = lend((piece) => share.block(pieceIndex(piece)))
  for (const [i, { size }] of [...share.layout.files].entries()) {
    const file = layoutFile(share.layout, i)
    const all = Buffer.from(share.file(i))
    expect((await read(file, readPiece, 0, size)).equals(all)).toBe(true)
    for (const [start, end] of [
      [1, size - 1],
      [1023, 1025],
      [size - 1, size]
    ] as const)
      if (start >= 0 && start < end && end <= size)
        expect(
          (await read(file, readPiece, start, end)).equals(all.subarray(start, end)),
          `${i}: ${start}`
        ).toBe(true)
  }
})

test('bytes of the index lie between those of pieces', async () => {
  const share = sampleShare({ seed: 4, files: [{ size: 2048 }] })
  const entry = share.layout.files.at(0)
  if (entry === undefined) throw new Error('no file')
  const extra = Buffer.from('in the index')
  // As if the first inline bytes came before, and others after the two pieces of the file.
  const layout: ShareLayout = {
    ...share.layout,
    files: [
      {
        ...entry,
        size: bytes(2048 + 2 * extra.byteLength),
        inline: [0, 2048 + extra.byteLength].map((offset) => ({ offset: bytes(offset), data: extra }))
      }
    ],
    fileOffset: (piece) => bytes(share.layout.fileOffset(piece) + extra.byteLength)
  }
  const readPiece = lend((piece) => share.block(pieceIndex(piece)))
  const all = Buffer.concat([extra, share.file(0), extra])
  const file = layoutFile(layout, 0)
  expect((await read(file, readPiece, 0, file.size)).equals(all)).toBe(true)
  expect((await read(file, readPiece, 5, file.size - 3)).equals(all.subarray(5, -3))).toBe(true)
})

test('plain bytes of a private share: opened block by block in a copy; a key that opens nothing is told', async () => {
  const plain = randomBytes(seededRng(5), 3 * PLAIN_PER_BLOCK)
  const blocks = [0, 1, 2].map((i) => {
    const block = Buffer.alloc(PIECE_SIZE)
    block.set(plain.subarray(i * PLAIN_PER_BLOCK, (i + 1) * PLAIN_PER_BLOCK))
    return block.map((byte) => byte ^ (i + 1))
  })
  const layout = { pieceCount: 3, blockSize: () => bytes(PIECE_SIZE) } as unknown as ShareLayout
  const whole = sealedBytes(layout, (number, block) =>
    block.map((byte) => byte ^ (number + 1)).subarray(0, PLAIN_PER_BLOCK)
  )
  const file = partOfFile(whole, 100, PLAIN_PER_BLOCK + 5)
  const readPiece = lend((piece) => blocks[piece] ?? new Uint8Array())
  const got = await read(file, readPiece, 0, file.size)
  expect(got.equals(Buffer.from(plain).subarray(100, PLAIN_PER_BLOCK + 105))).toBe(true)
  expect(file.place(0, PLAIN_PER_BLOCK)).toEqual({ file: 0, offset: 0, length: 2 * PIECE_SIZE })
  expect(file.place(PLAIN_PER_BLOCK, 5)).toEqual({ file: 0, offset: PIECE_SIZE, length: PIECE_SIZE })
  await expect(
    read(
      sealedBytes(layout, () => undefined),
      readPiece,
      0,
      5
    )
  ).rejects.toMatchObject({ code: 'content.wrong-key' })
})
