/** The daemon's side of the local API. */
export type { ControlLog } from './log.ts'
export * from './server.ts'
export * from './call-server.ts'
export * from './refusal.ts'
