import { UnixFS } from 'ipfs-unixfs'
import { decode } from '@ipld/dag-pb'
import { GiB, MiB } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { encodeFileData } from '../src/build/encode-file-data.ts'
import { readUnixfsData } from '../src/dag/unixfs-data.ts'
import { build } from './reference-import.ts'

test.each([0, 1, 127, 128, 16_383, 16_384, MiB, 2 ** 28, GiB, 2 ** 31 - 1, 2 ** 32, 2 ** 35 + 3, 2 ** 42])(
  'a file node of %d bytes is what ipfs-unixfs writes',
  (size) => {
    const expected = new UnixFS({ type: 'file', blockSizes: [BigInt(size)] }).marshal()
    expect(encodeFileData([size])).toEqual(expected)
  }
)

test.each([2 ** 31, 2 ** 31 + 5, 3 * GiB, 2 ** 32 - 1])('a file node of %d bytes is well formed', (size) => {
  // The encoder that we do without writes zeros here; when this fails it is repaired and can be used.
  const garbled = new UnixFS({ type: 'file', blockSizes: [BigInt(size)] }).marshal()
  expect(readUnixfsData(garbled)?.fileSize).not.toBe(size)
  expect(readUnixfsData(encodeFileData([size]))).toMatchObject({
    type: 2,
    fileSize: size,
    blockSizes: [size]
  })
  expect(UnixFS.unmarshal(encodeFileData([size])).blockSizes).toEqual([BigInt(size)])
})

test('a file of 2.5 GiB has a readable root of the right size', () => {
  const layout = build([{ path: [], content: { size: 2560 * MiB, seed: 0 } }])
  expect(layout).toMatchObject({ size: 2560 * MiB, pieceCount: 2560 })
  const root = decode(layout.indexBlocks[0]?.data ?? new Uint8Array(0))
  expect(root.Links).toHaveLength(3)
  expect(UnixFS.unmarshal(root.Data ?? new Uint8Array(0)).fileSize()).toBe(BigInt(2560 * MiB))
})
