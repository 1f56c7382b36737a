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

const CODE = /^[a-z]+\.[a-z0-9-]{1,100}$/
const FAULTS: readonly Fault[] = ['peer', 'user', 'disk', 'network', 'content', 'daemon', 'bug']

/**
 * The ShareError that the other side serialised; a daemon on another machine may send anything.
 * @returns `control.connection-lost` for what is none
 */
export function fromErrorBody(body: ErrorBody): ShareError {
  const { code, fault, message, hint, detail } = (body ?? {}) as Partial<Record<keyof ErrorBody, unknown>>
  const isSound =
    typeof code === 'string' &&
    CODE.test(code) &&
    typeof message === 'string' &&
    FAULTS.some((one) => one === fault)
  if (!isSound)
    return new ShareError({
      code: 'control.connection-lost',
      fault: 'daemon',
      message: 'lost the connection to the daemon: its answer makes no sense',
      hint: 'Have the same version of the program on both sides.'
    })
  return new ShareError({
    code,
    fault: fault as Fault,
    message,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof detail === 'object' && detail !== null
      ? { detail: detail as ErrorBody['detail'] & object }
      : {})
  })
}
