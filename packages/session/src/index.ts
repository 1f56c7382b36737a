/** The shell around the engine: shares, their swarms, and the loop that runs effects on ports. */
export { type FetchWish } from './fetch-plan.ts'
export type { LimitChange, LimitsInForce } from './limit-keeper.ts'
export type { Alternative, AlternativeMode, NodeLimits, RatePair, StartLimits } from './limit-settings.ts'
export type { SessionPorts } from './node-parts.ts'
export { type SeededShare, Session } from './session.ts'
export type { ShareDriver } from './share-driver.ts'
export type { Phase, ShareStatus } from './share-status.ts'
