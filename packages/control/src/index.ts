/** The local API: shapes of every request, answer and event, the service behind it, and the home's paths. */
export * from './home.ts'
export * from './protocol.ts'
export * from './schema/daemon.ts'
export * from './schema/error.ts'
export * from './schema/methods.ts'
export * from './schema/share.ts'
export * from './schema/transfer.ts'
export type * from './service.ts'
