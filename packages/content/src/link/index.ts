/** Hashes, share links and patterns alone: what a command needs of content, at a third of the loading time of all. */
export { Glob } from '../listing/glob.ts'
export * from './format-link.ts'
export * from './link-path.ts'
export * from './parse-link.ts'
export * from './share-ref.ts'
export { checkShareKey, keyMissing, SHARE_KEY_SIZE, type ShareKey, wrongKey } from './share-key.ts'
