import type { IncomingMessage } from 'node:http'
import type { StreamLine } from '../protocol.ts'
import { connectionLost } from './call.ts'

/** Longest line of a stream, in bytes. */
const LINE_SIZE = 4 * 1024 * 1024
/** Most bytes that one line may say to follow it. */
const FRAME_SIZE = 16 * 1024 * 1024
const NEWLINE = 10

/**
 * Cuts a stream into its lines and the bytes that some of them say to follow; these are handed over as they come,
 * several times for one line, and never gathered. Empty lines are left out. The next bytes are read when the caller
 * asks, so who is slow holds up the daemon; only the daemon's silence counts.
 *
 * @param silence - milliseconds without a byte before the daemon counts as hung
 * @throws ShareError `control.connection-lost`
 */
export async function* streamParts<Event>(
  response: IncomingMessage,
  silence: number
): AsyncGenerator<StreamLine<Event> | Uint8Array, void> {
  let rest: Uint8Array = new Uint8Array(0)
  let raw = 0
  for await (const chunk of chunks(response, silence)) {
    let at = 0
    while (at < chunk.byteLength) {
      if (raw > 0) {
        const part = chunk.subarray(at, at + raw)
        raw -= part.byteLength
        at += part.byteLength
        yield part
        continue
      }
      const end = chunk.indexOf(NEWLINE, at)
      const piece = chunk.subarray(at, end === -1 ? chunk.byteLength : end)
      rest = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece])
      if (rest.byteLength > LINE_SIZE) throw connectionLost('a line of its answer is too long')
      if (end === -1) break
      at = end + 1
      if (rest.byteLength === 0) continue
      const line = JSON.parse(new TextDecoder().decode(rest)) as StreamLine<Event>
      rest = new Uint8Array(0)
      if ('bytes' in line) raw = frameSize(line.bytes)
      else yield line
    }
  }
}

function frameSize(size: unknown): number {
  if (!Number.isSafeInteger(size) || (size as number) < 1 || (size as number) > FRAME_SIZE)
    throw connectionLost('its answer makes no sense')
  return size as number
}

/** Silence counts only while somebody waits for the next bytes. */
async function* chunks(response: IncomingMessage, silence: number): AsyncGenerator<Uint8Array, void> {
  const iterator = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  for (;;) {
    const timer = setTimeout(() => response.destroy(connectionLost('it has gone silent')), silence)
    try {
      const next = await iterator.next()
      if (next.done === true) return
      clearTimeout(timer)
      yield next.value
    } finally {
      clearTimeout(timer)
    }
  }
}
