import { type StreamLine, toErrorBody } from '../protocol.ts'

/** What a stream tells its owner. */
export interface StreamBodyOptions {
  /** Milliseconds between heartbeats. */
  heartbeat: number
  /** The reader went away. */
  onLeave: () => void
  /** The events ended with an error, which the reader was told. */
  onFailure: (error: unknown) => void
}

const encoder = new TextEncoder()
const HEARTBEAT = encoder.encode('\n')

/**
 * Events as lines of JSON, bytes as they are behind a line that says how many. The next event is asked for when the reader has room for it, so a slow
 * reader costs no memory; the last line is `end` or `error`.
 */
export function streamBody(
  events: AsyncIterable<unknown>,
  options: StreamBodyOptions
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearInterval(timer)
  return new ReadableStream<Uint8Array>({
    start(controller) {
      // An empty line at once, so that the headers leave before the first event.
      controller.enqueue(HEARTBEAT)
      timer = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(HEARTBEAT)
      }, options.heartbeat)
    },
    async pull(controller) {
      const next = await nextLine(iterator, options)
      try {
        const raw = next instanceof Uint8Array ? next : undefined
        const line: StreamLine<unknown> = next instanceof Uint8Array ? { bytes: next.byteLength } : next
        controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
        if (raw !== undefined) controller.enqueue(raw)
        if (raw !== undefined || 'value' in line) return
        controller.close()
      } catch {
        // Closed by the reader while the event was on its way: `cancel` saw to it.
      }
      stop()
    },
    cancel() {
      stop()
      options.onLeave()
      iterator.return?.().catch(() => undefined)
    }
  })
}

async function nextLine(
  iterator: AsyncIterator<unknown>,
  options: StreamBodyOptions
): Promise<StreamLine<unknown> | Uint8Array> {
  try {
    const next = await iterator.next()
    if (next.done === true) return { end: true }
    return next.value instanceof Uint8Array ? next.value : { value: next.value }
  } catch (error) {
    options.onFailure(error)
    return { error: toErrorBody(error) }
  }
}
