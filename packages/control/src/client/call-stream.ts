import type { IncomingMessage } from 'node:http'
import { ShareError } from '@p2pshare/base'
import { fromErrorBody, type StreamLine } from '../protocol.ts'
import { type CallTarget, connectionLost, open } from './call.ts'

/** How a stream is read. */
export interface StreamOptions {
  /** Milliseconds without a byte before the daemon counts as hung. */
  silence: number
  /** Closes the connection; the stream then ends without an error. */
  signal?: AbortSignal | undefined
}

/** Longest line of a stream, in UTF-16 units. */
const LINE_LENGTH = 4 * 1024 * 1024

/** One call with a stream of events, parsed as they arrive; a stream without its last line is an error. */
export async function* callStream<Event>(
  target: CallTarget,
  method: string,
  body: unknown,
  options: StreamOptions
): AsyncGenerator<Event, void> {
  let response: IncomingMessage | undefined
  try {
    response = await open(target, method, body, options.signal)
    for await (const line of lines(response, options.silence)) {
      const parsed = JSON.parse(line) as StreamLine<Event>
      if ('error' in parsed) throw fromErrorBody(parsed.error)
      if ('end' in parsed) return
      yield parsed.value
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

async function* lines(response: IncomingMessage, silence: number): AsyncGenerator<string, void> {
  let rest = ''
  response.setEncoding('utf8')
  response.setTimeout(silence, () => response.destroy(connectionLost('it has gone silent')))
  for await (const chunk of response) {
    const parts = (rest + (chunk as string)).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > LINE_LENGTH) throw connectionLost('a line of its answer is too long')
    for (const line of parts) if (line !== '') yield line
  }
}
