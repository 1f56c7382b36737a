/** Interfaces between the session and the world; no code runs here. */
export type * from './catalogue.ts'
export type * from './directory.ts'
export type * from './log.ts'
export type * from './network-condition.ts'
export type * from './peer-link.ts'
export type * from './peer-network.ts'
export type * from './piece-store.ts'
export type * from './share-files.ts'
