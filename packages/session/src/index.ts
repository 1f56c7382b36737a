/** The shell around the engine: shares, their swarms, and the loop that runs effects on ports. */
export type { ControlChoice } from './controls.ts'
export { type FetchWish, privateWhole } from './fetching/fetch-plan.ts'
export type { IndexLook } from './looking/index-look.ts'
export type { LimitChange, LimitsInForce } from './limits/limit-keeper.ts'
export type {
  Alternative,
  AlternativeMode,
  NodeLimits,
  RatePair,
  StartLimits
} from './limits/limit-settings.ts'
export { overlapsOf } from './seeding/overlapping-shares.ts'
export type { AnnounceLevel } from './seeding/publication.ts'
export type { SessionPorts } from './node-parts.ts'
export type { ReadStep } from './reading/share-reader.ts'
export type { SeededShare } from './seeding/seeded-record.ts'
export type { QueueEntry } from './queue/fetch-queue.ts'
export { Session } from './session.ts'
export type { SessionSettings } from './settings.ts'
export type { ShareDriver } from './share/share-driver.ts'
export type { FileRange } from './wishes/file-range.ts'
export type { FilePriority, FileWish } from './wishes/file-wish.ts'
export { inTurns } from './in-turns.ts'
export type { Phase, ShareStatus } from './share/share-status.ts'
export type { StopView } from './stopping/seed-stops.ts'
export type { OwnRules } from './stopping/stop-rule-store.ts'
export { explainUnknown } from './why/explain.ts'
export type { WhyReport } from './why/why-facts.ts'
export type { WhyFinding } from './why/why-finding.ts'
