/** The swarm protocol: messages, encoder, incremental decoder, limits, close codes. Pure. */
export * from './close-codes.ts'
export * from './messages.ts'
export * from './frame-sink.ts'
