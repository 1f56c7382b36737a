import { Bitfield, bytes } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, FrameDecoder, type SwarmMessage, WIRE_LIMITS } from '@p2pshare/wire'
import { controlMessage, hello, plain } from './messages.ts'
import { concat, feed, RecordingSink } from './recording-sink.ts'

const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })
const CONTROL_HELLO = encodeFrame({
  type: 'hello',
  stream: 'control',
  session: 7n,
  agent: 'test/1',
  maxRequests: 64
})
const DATA_HELLO = encodeFrame({
  type: 'hello',
  stream: 'data',
  session: 7n,
  agent: 'test/1',
  maxRequests: 64
})

/** The fault of some raw bytes after a control hello. */
function faultOf(...raw: number[]) {
  return feed(concat([CONTROL_HELLO, Uint8Array.from(raw)]), [1000]).fault
}

/** A peer exchange of `count` records of `size` bytes; the encoder lets a test say what it wants. */
function exchange(count: number, size = 100, slot = 3): Uint8Array {
  const records = Array.from({ length: count }, () => new Uint8Array(size))
  return encodeFrame({ type: 'peer-exchange', slot, records })
}

describe('round trips', () => {
  test('every message, in any chunks', () => {
    fc.assert(
      fc.property(
        hello('control'),
        fc.array(controlMessage, { maxLength: 8 }),
        sizes,
        (first, rest, sizes) => {
          const sent = [first, ...rest]
          const { sink, fault, decoder } = feed(concat(sent.map(encodeFrame)), sizes)
          expect(fault).toBeUndefined()
          expect(sink.messages.map(plain)).toEqual(sent.map(plain))
          expect(decoder.atBoundary).toBe(true)
        }
      ),
      { numRuns: 400 }
    )
  })

  test('payloads, in any chunks, empty ones too', () => {
    const payload = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(hello('data'), fc.array(payload, { maxLength: 8 }), sizes, (first, payloads, sizes) => {
        const frames = payloads.flatMap((p, id) => [
          encodeFrame({ type: 'data', id, length: bytes(p.byteLength) }),
          p
        ])
        const { sink, fault, decoder } = feed(concat([encodeFrame(first), ...frames]), sizes)
        expect(fault).toBeUndefined()
        expect(sink.payloads).toEqual(payloads.map((p) => Uint8Array.from(p)))
        expect(decoder.atBoundary).toBe(true)
      }),
      { numRuns: 400 }
    )
  })

  test('a piece map travels in the smaller form', () => {
    const full = encodeFrame({ type: 'piece-map', slot: 0, pieces: Bitfield.full(WIRE_LIMITS.pieces) })
    expect(full.byteLength).toBeLessThan(20)
    const pieces = new Bitfield(WIRE_LIMITS.pieces)
    for (let i = 0; i < pieces.length; i += 2) pieces.set(i)
    const frame = encodeFrame({ type: 'piece-map', slot: 0, pieces })
    expect(frame.byteLength).toBeLessThanOrEqual(WIRE_LIMITS.pieceMapFrame + 4)
    const { sink } = feed(concat([CONTROL_HELLO]), [100])
    const decoder = new FrameDecoder()
    decoder.push(CONTROL_HELLO, sink)
    for (let at = 0; at < frame.byteLength; at += 65_519) decoder.push(frame.subarray(at, at + 65_519), sink)
    const map = sink.messages.at(-1)
    expect(map?.type === 'piece-map' && map.pieces.count).toBe(WIRE_LIMITS.pieces / 2)
    const early = new RecordingSink()
    const whole = new FrameDecoder()
    whole.push(CONTROL_HELLO, early)
    expect(whole.push(full, early)).toBeUndefined()
    expect(early.messages.at(-1)).toMatchObject({
      pieces: { length: WIRE_LIMITS.pieces, count: WIRE_LIMITS.pieces }
    })
  })
})

describe('holding back', () => {
  test('hold keeps the rest of the chunk and what follows, release reads on', () => {
    const ping: SwarmMessage = { type: 'ping', nonce: 5n }
    const decoder = new FrameDecoder()
    const sink = new RecordingSink()
    const holding = {
      onMessage(message: SwarmMessage) {
        sink.onMessage(message)
        decoder.hold()
      },
      onPayload() {}
    }
    decoder.push(concat([CONTROL_HELLO, encodeFrame(ping)]), holding)
    decoder.push(encodeFrame(ping), holding)
    expect(sink.messages.map((m) => m.type)).toEqual(['hello'])
    expect(decoder.heldBytes).toBe(2 * encodeFrame(ping).byteLength)
    decoder.release(sink)
    expect(sink.messages.map((m) => m.type)).toEqual(['hello', 'ping', 'ping'])
    expect(decoder.heldBytes).toBe(0)
  })
})

describe('hostile bytes', () => {
  test.each([
    ['zero length', [0], 'malformed'],
    ['length 2^63', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 'frame-too-long'],
    ['length −1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 'frame-too-long'],
    ['length 2^28 − 1', [0xff, 0xff, 0xff, 0x7f], 'frame-too-long'],
    ['padded length', [0x81, 0x00], 'malformed'],
    ['65 KiB that is no piece map', [0x80, 0x88, 0x04, 0x0a], 'frame-too-long'],
    ['a second hello', [...CONTROL_HELLO], 'out-of-order'],
    ['data on a control stream', [...encodeFrame({ type: 'data', id: 1, length: bytes(9) })], 'out-of-order'],
    ['no protobuf', [3, 0x0a, 0x7f, 0x01], 'malformed'],
    ['slot 1024', [...encodeFrame({ type: 'choke', slot: 1024, choked: true })], 'out-of-range'],
    ['bitmap too short', [9, 0x22, 7, 8, 1, 16, 17, 0x1a, 1, 0xff], 'out-of-range'],
    ['bitmap too long', [11, 0x22, 9, 8, 1, 16, 9, 0x1a, 3, 0xff, 0x80, 0], 'out-of-range'],
    ['bitmap with a spare bit', [9, 0x22, 7, 8, 1, 16, 7, 0x1a, 1, 0xff], 'out-of-range'],
    ['a run beyond the end', [10, 0x22, 8, 8, 1, 16, 7, 0x22, 2, 4, 4], 'out-of-range'],
    ['an odd number of runs', [9, 0x22, 7, 8, 1, 16, 7, 0x22, 1, 4], 'out-of-range'],
    ['touching runs', [12, 0x22, 10, 8, 1, 16, 9, 0x22, 4, 0, 2, 0, 2], 'out-of-range'],
    ['an empty run', [10, 0x22, 8, 8, 1, 16, 7, 0x22, 2, 1, 0], 'out-of-range'],
    ['2^21 + 1 pieces', [10, 0x22, 8, 8, 1, 16, 0x81, 0x80, 0x80, 1, 0], 'malformed'],
    ['request of no bytes', [4, 0x42, 2, 0x20, 1], 'out-of-range'],
    ['request of no pieces', [4, 0x42, 2, 0x30, 1], 'out-of-range'],
    ['no peer records', [...exchange(0)], 'out-of-range'],
    ['17 peer records', [...exchange(17)], 'out-of-range'],
    ['an empty peer record', [...exchange(1, 0)], 'out-of-range'],
    ['a peer record of 1025 bytes', [...exchange(2, 1025)], 'out-of-range'],
    ['peer records for slot 1024', [...exchange(1, 10, 1024)], 'out-of-range']
  ])('%s', (_name, raw, kind) => {
    expect(faultOf(...raw)?.kind).toBe(kind)
  })

  test('sixteen peer records of 1 KiB are one frame, and pass', () => {
    const { fault, sink } = feed(concat([CONTROL_HELLO, exchange(16, 1024)]), [777])
    expect(fault).toBeUndefined()
    expect(sink.messages.at(-1)).toMatchObject({ type: 'peer-exchange', records: { length: 16 } })
  })

  test('anything but hello first', () => {
    const { fault, sink } = feed(encodeFrame({ type: 'ping', nonce: 1n }), [100])
    expect(fault?.kind).toBe('out-of-order')
    expect(sink.messages).toEqual([])
  })

  test('a control message on a data stream', () => {
    expect(feed(concat([DATA_HELLO, encodeFrame({ type: 'cancel', id: 1 })]), [9]).fault?.kind).toBe(
      'out-of-order'
    )
  })

  test('an unknown body is skipped', () => {
    const unknown = Uint8Array.from([5, 0x9a, 0x06, 2, 1, 2])
    const { fault, sink } = feed(
      concat([CONTROL_HELLO, unknown, encodeFrame({ type: 'cancel', id: 1 })]),
      [3]
    )
    expect(fault).toBeUndefined()
    expect(sink.messages.map((m) => m.type)).toEqual(['hello', 'cancel'])
  })

  test('a fault is final', () => {
    const { decoder, sink, fault } = feed(concat([CONTROL_HELLO, Uint8Array.from([0])]), [100])
    const seen = sink.messages.length
    expect(decoder.push(encodeFrame({ type: 'cancel', id: 1 }), sink)).toBe(fault)
    expect(sink.messages.length).toBe(seen)
  })

  test('an announced length alone reserves nothing', () => {
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 500 }, () => {
      const decoder = new FrameDecoder()
      decoder.push(CONTROL_HELLO, new RecordingSink())
      decoder.push(Uint8Array.from([0xc0, 0x80, 0x10, 0x22]), new RecordingSink())
      return decoder
    })
    expect(decoders.every((decoder) => !decoder.atBoundary)).toBe(true)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024)
  })

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), sizes, (raw, sizes) => {
        feed(raw, sizes)
        feed(concat([CONTROL_HELLO, raw]), sizes)
        feed(concat([DATA_HELLO, raw]), sizes)
      }),
      { numRuns: 3000 }
    )
  })

  test('mutated frames never throw, and what they give is within the limits', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    const changes = fc.array(change, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(controlMessage, changes, sizes, (message, changes, sizes) => {
        const frame = encodeFrame(message)
        for (const [at, value] of changes) frame[at % frame.byteLength] = value
        const { sink } = feed(concat([CONTROL_HELLO, frame.subarray(0, 4096)]), sizes)
        for (const found of sink.messages) {
          if ('slot' in found) expect(found.slot).toBeLessThan(WIRE_LIMITS.slots)
          if (found.type === 'peer-exchange')
            expect(found.records.length).toBeLessThanOrEqual(WIRE_LIMITS.peerRecords)
          if (found.type === 'request')
            expect(found.offset + found.length).toBeLessThanOrEqual(WIRE_LIMITS.block)
          if (found.type === 'piece-map') expect(found.pieces.length).toBeLessThanOrEqual(WIRE_LIMITS.pieces)
          // What was accepted can be said again and reads the same.
          if (found.type === 'hello') continue
          const again = feed(concat([CONTROL_HELLO, encodeFrame(found)]), [5000])
          expect(again.sink.messages.slice(1).map(plain)).toEqual([plain(found)])
        }
      }),
      { numRuns: 10_000 }
    )
  }, 20_000)
})
