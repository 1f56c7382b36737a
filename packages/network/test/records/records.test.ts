import { randomBytes } from 'node:crypto'
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Chunks } from '../../src/records/chunks.ts'
import { recordCrypto } from '../../src/records/record-crypto.ts'
import { RecordReader } from '../../src/records/record-reader.ts'
import { sealRecords } from '../../src/records/record-writer.ts'

const KEY = randomBytes(32)
const NO_AD = new Uint8Array(0)

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12)
  new DataView(bytes.buffer).setUint32(4, n, true)
  return bytes
}

/** Seals as a connection does, with a nonce that counts up. */
function sealer(): (content: Chunks) => Chunks {
  let n = 0
  return (content) =>
    recordCrypto.chaCha20Poly1305Encrypt(content as never, nonce(n++), NO_AD, KEY) as unknown as Chunks
}

function opener(): (record: Uint8Array) => Uint8Array {
  let n = 0
  return (record) => recordCrypto.chaCha20Poly1305Decrypt(record, nonce(n++), NO_AD, KEY) as Uint8Array
}

/** Cuts bytes into buffers of their own, of the sizes given in turn. */
function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = []
  for (let at = 0, i = 0; at < whole.byteLength; i++) {
    const size = sizes[i % sizes.length] ?? 1
    out.push(new Uint8Array(whole.slice(at, at + size)))
    at += size
  }
  return out
}

/** Reads all, each read overwritten as soon as it was handled: that is what happens to the memory of a socket's reads. */
function read(reader: RecordReader, reads: readonly Uint8Array[]): Buffer {
  const content: Uint8Array[] = []
  for (const part of reads) {
    reader.read(part, (bytes) => void content.push(bytes))
    part.fill(0xee)
  }
  return Buffer.concat(content)
}

const lengths = fc.oneof(
  fc.integer({ min: 1, max: 3000 }),
  fc.constantFrom(1199, 1200, 65_518, 65_519, 65_520, 131_038, 262_156)
)
const sizes = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 5 })

describe('noise records', () => {
  test('give back what was sealed, however content and reads are cut', () => {
    fc.assert(
      fc.property(lengths, sizes, sizes, (length, cuts, reads) => {
        const content = randomBytes(length)
        const wire = Buffer.concat(sealRecords(cut(content, cuts), sealer()))
        const reader = new RecordReader(opener())
        expect(read(reader, cut(wire, reads)).equals(content)).toBe(true)
      }),
      { numRuns: 60 }
    )
  })

  test('are those of the library, bit for bit', () => {
    for (const length of [1, 1200, 5000, 65_519]) {
      const content = randomBytes(length)
      const wire = Buffer.concat(sealRecords(cut(content, [700]), sealer()))
      const theirs = defaultCrypto.chaCha20Poly1305Encrypt(content, nonce(0), NO_AD, KEY).subarray()
      expect(wire.subarray(2).equals(theirs)).toBe(true)
      expect(wire.readUInt16BE()).toBe(length + 16)
    }
  })

  test('answer nothing of a record that was changed anywhere', () => {
    const content = randomBytes(4000)
    const wire = Buffer.concat(sealRecords([content], sealer()))
    for (const at of [2, 2000, wire.byteLength - 1]) {
      const bad = Buffer.from(wire)
      bad[at] = (bad[at] ?? 0) ^ 1
      const got: Uint8Array[] = []
      expect(() => {
        const reader = new RecordReader(opener())
        for (const part of cut(bad, [1500])) reader.read(part, (bytes) => void got.push(bytes))
      }).toThrow()
      expect(got).toEqual([])
    }
  })

  test('shorter than their tag are refused', () => {
    expect(() => new RecordReader(opener()).decode(Uint8Array.of(0, 15))).toThrow(/less than its tag/)
  })

  test('hold the beginning of one record at the most, in memory that goes with its end', () => {
    const wire = Buffer.concat(sealRecords([randomBytes(60_000)], sealer()))
    const reader = new RecordReader(opener())
    const { transfer } = ArrayBuffer.prototype
    const freed: number[] = []
    vi.spyOn(ArrayBuffer.prototype, 'transfer').mockImplementation(function (this: ArrayBuffer, length) {
      freed.push(this.byteLength)
      return transfer.call(this, length)
    })
    read(reader, cut(wire, [30_000]))
    expect(freed).toEqual([wire.byteLength - 2])
    vi.restoreAllMocks()
  })

  test('come as the library’s own stream asks for them, too', () => {
    const content = randomBytes(100_000)
    const wire = Buffer.concat(sealRecords([content], sealer()))
    expect(Buffer.concat(new RecordReader(opener()).decode(cut(wire, [7000]))).equals(content)).toBe(true)
  })

  test('handshake calls pass through to the library', () => {
    const ad = randomBytes(32)
    const sealed = recordCrypto.chaCha20Poly1305Encrypt(randomBytes(48), nonce(0), ad, KEY)
    expect(sealed.byteLength).toBe(64)
    expect(recordCrypto.chaCha20Poly1305Decrypt(sealed, nonce(0), ad, KEY).byteLength).toBe(48)
  })
})
