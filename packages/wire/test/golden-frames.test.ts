import { Bitfield, bytes, pieceIndex } from '@p2pshare/base'
import { encodeFrame, type SwarmMessage } from '@p2pshare/wire'
import { describe, expect, test } from 'vitest'
import { plain } from './messages.ts'
import { feed } from './recording-sink.ts'

function bits(length: number, ...set: number[]): Bitfield {
  const field = new Bitfield(length)
  for (const i of set) field.set(i)
  return field
}

const digest = new Uint8Array(32).fill(0xab)
const DIGEST = 'ab'.repeat(32)

/** Bytes that no later version may change; some are the examples of docs/protocol.md. */
const GOLDEN: readonly (readonly [SwarmMessage, string])[] = [
  [
    { type: 'subscribe', slot: 3, root: Uint8Array.of(1, 0x55, 0x12, 0x20), name: '' },
    '0a12080803120401551220'
  ],
  [{ type: 'unsubscribe', slot: 3, refused: true, reason: 'unknown-share' }, '081a06080310011801'],
  [{ type: 'piece-map', slot: 3, pieces: Bitfield.full(1024) }, '0c220a08031080082203008008'],
  [
    { type: 'piece-map', slot: 3, pieces: bits(20, 0, 2, 4, 7, 9, 11, 13, 15, 17, 19) },
    '0b2209080310141a03a95550'
  ],
  [{ type: 'piece-map', slot: 3, pieces: bits(1024) }, '0722050803108008'],
  [
    {
      type: 'piece-delta',
      slot: 3,
      added: [
        { start: 5, count: 2 },
        { start: 300, count: 1 }
      ],
      removed: [{ start: 0, count: 1 }]
    },
    '0f2a0d080312050502a502011a020001'
  ],
  [{ type: 'interest', slot: 3, interested: true }, '06320408031001'],
  [{ type: 'choke', slot: 3, choked: false }, '043a020803'],
  [
    {
      type: 'request',
      id: 9,
      slot: 3,
      piece: pieceIndex(300),
      count: 1,
      offset: bytes(262_144),
      length: bytes(262_144)
    },
    '1342110809100318ac0220012880801030808010'
  ],
  [{ type: 'block-request', id: 10, digest, offset: bytes(0), length: bytes(0) }, `264a24080a1220${DIGEST}`],
  [{ type: 'cancel', id: 9 }, '0452020809'],
  [{ type: 'refuse', id: 9, reason: 'busy' }, '065a0408091004'],
  [{ type: 'block-query', id: 11, digests: [digest] }, `266a24080b1220${DIGEST}`],
  [{ type: 'block-have', id: 11, have: bits(3, 0, 2) }, '097207080b1201a01803'],
  [{ type: 'ping', nonce: 1n }, '0b7a09090100000000000000'],
  [{ type: 'pong', nonce: 1n }, '0c820109090100000000000000'],
  [{ type: 'goodbye', code: 'shutting-down', text: 'bye' }, '0a8a010708011203627965'],
  [
    { type: 'peer-exchange', slot: 3, records: [Uint8Array.of(0x0a, 0x24), Uint8Array.of(7)] },
    '0c920109080312020a24120107'
  ]
]
const HELLO: SwarmMessage = {
  type: 'hello',
  stream: 'control',
  session: 0x0102030405060708n,
  agent: 'p2pshare/0.1.0',
  maxRequests: 64
}
const HELLO_HEX = '1f0a1d08011108070605040302011a0e70327073686172652f302e312e302040'

describe('golden frames', () => {
  test.each(GOLDEN.map(([message, hex]) => ({ name: message.type, message, hex })))(
    '$name',
    ({ message, hex }) => {
      expect(Buffer.from(encodeFrame(message)).toString('hex')).toBe(hex)
      const { sink, fault } = feed(Buffer.from(HELLO_HEX + hex, 'hex'), [7])
      expect(fault).toBeUndefined()
      expect(sink.messages.map(plain)).toEqual([HELLO, message].map(plain))
    }
  )

  test('hello and data', () => {
    expect(Buffer.from(encodeFrame(HELLO)).toString('hex')).toBe(HELLO_HEX)
    const data: SwarmMessage = { type: 'data', id: 9, length: bytes(262_144) }
    expect(Buffer.from(encodeFrame(data)).toString('hex')).toBe('086206080910808010')
  })
})
