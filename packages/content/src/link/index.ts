/** Hashes and share links alone: what a command needs of content, at a third of the loading time of all. */
export * from './format-link.ts'
export * from './parse-link.ts'
export * from './share-ref.ts'
