import { type StreamLine, toErrorBody } from '../protocol.ts'
import { RawPart } from '../raw-part.ts'

/** What a stream tells its owner. */
export interface StreamBodyOptions {
  /** Milliseconds between heartbeats. */
  heartbeat: number
  /** The reader went away. */
  onLeave: () => void
  /** The events ended with an error, which the reader was told. */
  onFailure: (error: unknown) => void
}

/**
 * Bytes that fill a socket's own buffer: what follows such a part is asked for when the part is written.
 * (Streams of Node; the adaptor between waits for `drain`.)
 */
const SURELY_WRITTEN = 128 * 1024
/** One part is being written, one waits behind it, and one more for good measure. */
const ON_THE_WAY = 3

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
  const lent = new LentParts()
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
        const raw = next instanceof RawPart ? next.bytes : undefined
        const line: StreamLine<unknown> = next instanceof RawPart ? { bytes: next.bytes.byteLength } : next
        if (next instanceof RawPart) lent.add(next)
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
): Promise<StreamLine<unknown> | RawPart> {
  try {
    const next = await iterator.next()
    if (next.done === true) return { end: true }
    return next.value instanceof RawPart ? next.value : { value: next.value }
  } catch (error) {
    options.onFailure(error)
    return { error: toErrorBody(error) }
  }
}

/** Gives parts back when they are written, as the one who asks for more shows. */
class LentParts {
  readonly #parts: (RawPart | undefined)[] = []

  /** A part was asked for and goes out now. */
  add(part: RawPart): void {
    this.#parts.push(part.bytes.byteLength >= SURELY_WRITTEN ? part : undefined)
    if (this.#parts.length > ON_THE_WAY) this.#parts.shift()?.giveBack()
  }
}
