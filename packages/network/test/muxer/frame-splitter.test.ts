import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FrameHandler, FrameSplitter, type MuxerFrame } from '../../src/muxer/frame-splitter.ts'

interface Sent {
  type: number
  flag: number
  streamID: number
  body: Uint8Array
}

function encode({ type, flag, streamID, body }: Sent): Uint8Array {
  const frame = new Uint8Array(12 + body.byteLength)
  const view = new DataView(frame.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flag)
  view.setUint32(4, streamID)
  view.setUint32(8, type === 0 ? body.byteLength : 77)
  frame.set(body, 12)
  return type === 0 ? frame : frame.subarray(0, 12)
}

/** Keeps what a splitter finds, each part as a frame of its own. */
function collector(): FrameHandler & { frames: MuxerFrame[] } {
  const frames: MuxerFrame[] = []
  return {
    frames,
    onFrame: (frame) => void frames.push(frame),
    onPart: (header, flag, data) =>
      void frames.push({ header: { ...header, flag, length: data.byteLength }, data })
  }
}

/** Puts the parts of each frame together again: what a stock decoder would have answered. */
function whole(frames: readonly MuxerFrame[], sent: readonly Sent[]): unknown[] {
  const out: { type: number; flag: number; streamID: number; data: number[] }[] = []
  let i = 0
  for (const { header, data } of frames) {
    const last = out.at(-1)
    const expected = sent[out.length - 1]
    if (last !== undefined && last.type === 0 && last.data.length < (expected?.body.byteLength ?? 0)) {
      last.flag |= header.flag
      last.data.push(...(data ?? []))
    } else {
      out.push({
        type: header.type,
        flag: header.flag,
        streamID: header.streamID,
        data: [...(data ?? [])]
      })
      i++
    }
  }
  expect(i).toBe(sent.length)
  return out
}

const frames = fc.array(
  fc.record({
    type: fc.constantFrom(0, 0, 1, 2, 3),
    flag: fc.integer({ min: 0, max: 15 }),
    streamID: fc.integer({ min: 0, max: 0xffff_ffff }),
    body: fc.uint8Array({ maxLength: 60 })
  }),
  { maxLength: 8 }
)
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })

describe('frame splitter', () => {
  test('answers the frames that were sent, in parts, however the bytes are cut', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const wire = Buffer.concat(sent.map(encode))
        const { frames: got, ...handler } = collector()
        const splitter = new FrameSplitter(1000, handler)
        for (let at = 0, i = 0; at < wire.byteLength; i++) {
          const size = sizes[i % sizes.length] ?? 1
          splitter.take(wire.subarray(at, at + size))
          at += size
        }
        const expected = sent.map(({ type, flag, streamID, body }) => ({
          type,
          flag,
          streamID,
          data: type === 0 ? [...body] : []
        }))
        expect(whole(got, sent)).toEqual(expected)
      })
    )
  })

  test('opens a stream with the first part of a frame and ends it with the last', () => {
    const wire = encode({ type: 0, flag: 1 | 4, streamID: 3, body: new Uint8Array(30) })
    const { frames: got, ...handler } = collector()
    const splitter = new FrameSplitter(1000, handler)
    for (const part of [wire.subarray(0, 20), wire.subarray(20, 30), wire.subarray(30)]) splitter.take(part)
    expect(got.map(({ header }) => [header.flag, header.length])).toEqual([
      [1, 8],
      [0, 10],
      [4, 12]
    ])
  })

  test('takes what comes in while a frame is handled after what is there', () => {
    const frame = (streamID: number): Uint8Array =>
      encode({ type: 1, flag: 0, streamID, body: new Uint8Array(0) })
    const order: number[] = []
    const splitter = new FrameSplitter(1000, {
      onFrame({ header }) {
        order.push(header.streamID)
        if (header.streamID !== 1) return
        splitter.take(frame(3))
        expect(order).toEqual([1])
      },
      onPart() {}
    })
    splitter.take(Buffer.concat([frame(1), frame(2)]))
    expect(order).toEqual([1, 2, 3])
  })

  test('refuses a frame over the window by its header, and another version', () => {
    const long = encode({ type: 0, flag: 0, streamID: 1, body: new Uint8Array(1001) })
    expect(() => new FrameSplitter(1000, collector()).take(long.subarray(0, 12))).toThrow(/1001 bytes, 1000/)
    expect(() => new FrameSplitter(1000, collector()).take(new Uint8Array(12).fill(1))).toThrow(/version 1/)
  })
})
