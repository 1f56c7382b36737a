import {
  FrameDecoder,
  type DataMessage,
  type FrameSink,
  type SwarmMessage,
  type WireFault
} from '@p2pshare/wire'

/** Remembers what a decoder found. */
export class RecordingSink implements FrameSink {
  readonly messages: SwarmMessage[] = []
  readonly payloads: Uint8Array[] = []

  onMessage(message: SwarmMessage): void {
    this.messages.push(message)
    if (message.type === 'data') this.payloads.push(new Uint8Array(message.length))
  }

  onPayload(_data: DataMessage, part: Uint8Array, offset: number): void {
    this.payloads.at(-1)?.set(part, offset)
  }
}

/** Joins buffers. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Feeds `bytes` in chunks whose sizes cycle through `sizes`; each chunk is destroyed after its call. */
export function feed(
  bytes: Uint8Array,
  sizes: readonly number[]
): { sink: RecordingSink; fault: WireFault | undefined; decoder: FrameDecoder } {
  const sink = new RecordingSink()
  const decoder = new FrameDecoder()
  let fault: WireFault | undefined
  for (let at = 0, turn = 0; at < bytes.byteLength && fault === undefined; turn++) {
    const chunk = bytes.slice(at, at + (sizes[turn % sizes.length] ?? 1))
    fault = decoder.push(chunk, sink)
    at += chunk.byteLength
    chunk.fill(0xee)
  }
  return { sink, fault, decoder }
}
