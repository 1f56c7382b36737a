/** The swarm protocol: messages, encoder, incremental decoder, limits, close codes. Pure. */
export * from './close-codes.ts'
export { encodeFrame } from './encode-frame.ts'
export { FrameDecoder } from './frame-decoder.ts'
export * from './frame-sink.ts'
export { WIRE_LIMITS } from './limits.ts'
export * from './messages.ts'
export { canonicalRuns, pieceDeltas, runsOf } from './piece-runs.ts'
