import { type Fault, isShareError, ShareError } from '@p2pshare/base'
import type { ErrorBody } from './schema/error.ts'

/** Grows whenever a request or answer changes incompatibly; client and server must agree. */
export const API_VERSION = 1
/** Request header that carries the client's {@link API_VERSION}. */
export const API_VERSION_HEADER = 'p2pshare-api'
/** Path prefix of every call. */
export const API_PREFIX = '/v1/'
/** Type of a streaming answer: one JSON object a line, empty lines as heartbeat, bytes where a line says so. */
export const STREAM_TYPE = 'application/x-ndjson'
/** Milliseconds without an event before a heartbeat goes out; the client gives up after three. */
export const HEARTBEAT_MS = 10_000

/**
 * One line of a streaming answer. After `bytes` so many raw bytes follow, then the next line. `end` tells a whole stream
 * from one cut off.
 */
export type StreamLine<Event> = { value: Event } | { bytes: number } | { error: ErrorBody } | { end: true }

/** A ShareError as data. Anything else becomes `control.internal` without its text, which may hold anything. */
export function toErrorBody(error: unknown): ErrorBody {
  if (!isShareError(error)) {
    return {
      code: 'control.internal',
      fault: 'bug',
      message: 'the daemon failed inside while answering',
      hint: 'Its log has the details; please report this.'
    }
  }
  return {
    code: error.code,
    fault: error.fault,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(Object.keys(error.detail).length === 0 ? {} : { detail: { ...error.detail } })
  }
}

/** The ShareError that the other side serialised. */
export function fromErrorBody(body: ErrorBody): ShareError {
  return new ShareError({
    code: body.code,
    fault: body.fault satisfies Fault,
    message: body.message,
    ...(body.hint === undefined ? {} : { hint: body.hint }),
    ...(body.detail === undefined ? {} : { detail: body.detail })
  })
}
