/** Bytes of the body of a call with lists in it; the longest is a `seed` of many paths: 10,000 of 400 each. */
export const BODY_BYTES = 4 * 1024 * 1024
/** Bytes of the body of any other call: a hash and two paths of full length fit, whatever their letters. */
export const SHORT_BODY_BYTES = 64 * 1024
/** Bytes of all request headers together. */
export const HEADER_BYTES = 16 * 1024
/** Streams at once (`fetch`, `top`, `cat` …); more wait. Short answers do not: who has too much going on must get in to end it. */
export const STREAMS = 128
/** Milliseconds that a stream waits for its turn. */
export const PATIENCE_MS = 5000
/** Open connections, those that wait and those that say nothing among them; one more is closed at once. */
export const CONNECTIONS = 256
/** Milliseconds a client may take over its headers. */
export const HEADERS_MS = 10_000
/** Milliseconds a client may take over a whole request. */
export const REQUEST_MS = 30_000
/** Milliseconds an idle connection is kept. */
export const IDLE_MS = 5_000
/** Milliseconds between two looks for connections over their time. */
export const SWEEP_MS = 2_000
