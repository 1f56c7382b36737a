import type { IncomingMessage } from 'node:http'
import { ShareError } from '@p2pshare/base'
import { fromErrorBody } from '../protocol.ts'
import { type CallTarget, connectionLost, open } from './call.ts'
import { streamParts } from './stream-parts.ts'

/** How a stream is read. */
export interface StreamOptions {
  /** Milliseconds without a byte before the daemon counts as hung. */
  silence: number
  /** Closes the connection; the stream then ends without an error. */
  signal?: AbortSignal | undefined
}

/** One call with a stream of events, parsed as they arrive; a stream without its last line is an error. */
export async function* callStream<Event>(
  target: CallTarget,
  method: string,
  body: unknown,
  options: StreamOptions
): AsyncGenerator<Event, void> {
  for await (const part of callBytes<Event>(target, method, body, options)) {
    if (part instanceof Uint8Array) throw connectionLost('its answer makes no sense')
    yield part
  }
}

/** The same, with bytes between the events: parts of them, as they come. */
export async function* callBytes<Event>(
  target: CallTarget,
  method: string,
  body: unknown,
  options: StreamOptions
): AsyncGenerator<Event | Uint8Array, void> {
  let response: IncomingMessage | undefined
  try {
    response = await open(target, method, body, { within: options.silence, signal: options.signal })
    for await (const part of streamParts<Event>(response, options.silence)) {
      if (part instanceof Uint8Array) yield part
      else if ('value' in part) yield part.value
      else if ('error' in part) throw fromErrorBody(part.error)
      else return
    }
    throw connectionLost('the daemon stopped in the middle of an answer')
  } catch (error) {
    if (options.signal?.aborted === true) return
    throw error instanceof ShareError
      ? error
      : connectionLost('the daemon stopped in the middle of an answer', error)
  } finally {
    response?.destroy()
  }
}
