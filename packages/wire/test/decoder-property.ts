import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bytes as byteCount } from '@p2pshare/base'
import { encodeFrame } from '@p2pshare/wire'
import { controlMessage, hello, plain } from './messages.ts'
import { concat, feed } from './recording-sink.ts'

/** A stream that a decoder once got wrong, kept so that every test run feeds it again. */
export interface DecoderCase {
  /** Where it was found: `fuzz-swarm.ts --seed`. */
  readonly foundWith: number
  /** The stream, in hex. */
  readonly stream: string
  /** Sizes of the chunks it comes in, in turn. */
  readonly sizes: readonly number[]
}

const control = fc
  .tuple(hello('control'), fc.array(controlMessage, { maxLength: 4 }))
  .map(([first, rest]) => concat([first, ...rest].map(encodeFrame)))
const data = fc
  .tuple(hello('data'), fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }))
  .map(([first, payloads]) =>
    concat([
      encodeFrame(first),
      ...payloads.flatMap((p, id) => [encodeFrame({ type: 'data', id, length: byteCount(p.byteLength) }), p])
    ])
  )
const noise = fc.uint8Array({ maxLength: 60 })

/** Bytes overwritten, cut out or put in at some places. */
const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(2), fc.uint8Array({ minLength: 1, maxLength: 4 })), {
  maxLength: 4
})

/** Streams of valid frames, damaged in some places, or nothing but noise. */
const stream = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: control }, { weight: 2, arbitrary: data }, noise), damage, noise)
  .map(([valid, places, tail]) => {
    let out = [...valid]
    for (const [at, how, put] of places) {
      const where = at % (out.length + 1)
      if (how === 0) out = out.map((byte, i) => put[i - where] ?? byte)
      else out.splice(where, how === 1 ? put.length : 0, ...(how === 1 ? [] : put))
    }
    return Uint8Array.from([...out, ...tail])
  })

const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })

/**
 * Throws unless the decoder takes the stream without an exception, finds the same in any chunks,
 * stays with its first fault, and gives out only messages that the encoder would write.
 */
export function checkStream(source: Uint8Array, chunks: readonly number[]): void {
  const whole = feed(source, [Math.max(1, source.byteLength)])
  const parts = feed(source, chunks)
  assert.deepEqual(parts.fault, whole.fault)
  assert.deepEqual(parts.sink.messages.map(plain), whole.sink.messages.map(plain))
  assert.deepEqual(parts.sink.payloads, whole.sink.payloads)
  if (whole.fault !== undefined) {
    const found = whole.sink.messages.length
    assert.deepEqual(whole.decoder.push(encodeFrame({ type: 'ping', nonce: 1n }), whole.sink), whole.fault)
    assert.equal(whole.sink.messages.length, found)
  }
  for (const message of whole.sink.messages) encodeFrame(message)
}

/**
 * Any bytes in any chunks.
 *
 * @param failed - told of each failing case; the last one is the smallest
 */
export function decoderProperty(failed: (found: Omit<DecoderCase, 'foundWith'>) => void = () => {}) {
  return fc.property(stream, sizes, (source, chunks) => {
    try {
      checkStream(source, chunks)
    } catch (error) {
      failed({ stream: Buffer.from(source).toString('hex'), sizes: chunks })
      throw error
    }
  })
}
