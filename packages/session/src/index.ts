/** The shell around the engine: shares, their swarms, and the loop that runs effects on ports. */
export { type FetchWish } from './fetch-plan.ts'
export type { SessionPorts } from './node-parts.ts'
export { type SeededShare, Session } from './session.ts'
export type { ShareDriver } from './share-driver.ts'
export type { Phase, ShareStatus } from './share-status.ts'
