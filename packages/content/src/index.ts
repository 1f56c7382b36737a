/**
 * What is shared: UnixFS DAGs, piece layout, CIDs, share links, safe names, limits. Pure.
 *
 * Seeding: {@link createShareBuilder}. Fetching: {@link createWalker} and {@link verifyBlock}.
 * Restart: {@link layoutFromBlocks}. Foreign leaves: {@link unwrapLeaf}.
 */
export * from './build/share-builder.ts'
export * from './build/share-builder-api.ts'
export { parseCid } from './cid/parse-cid.ts'
export { canonicalCid, checkCid, verifyBlock } from './cid/supported-cid.ts'
export { type UnwrappedLeaf, unwrapLeaf } from './dag/unwrap-leaf.ts'
export * from './fault.ts'
export type { EntryList } from './layout/entry-list.ts'
export * from './layout/share-layout.ts'
export { withoutIndex } from './layout/table-layout.ts'
export * from './limits.ts'
export * from './listing/file-choice.ts'
export * from './listing/find-entry.ts'
export { fileAt } from './listing/find-file.ts'
export * from './listing/share-entries.ts'
export * from './link/index.ts'
export { diskName, originalName } from './names/disk-name.ts'
export { collisionKey, diskNames } from './names/folder-names.ts'
export * from './names/name-gate.ts'
export * from './names/share-name.ts'
export { layoutFromBlocks } from './walk/make-layout.ts'
export * from './walk/walker.ts'
export * from './walk/walker-api.ts'
export * from './sealed/manifest-decoder.ts'
export * from './sealed/manifest-encoder.ts'
export type { SealedEntry } from './sealed/manifest-node.ts'
export * from './sealed/plain-ranges.ts'
export * from './sealed/sealed-shape.ts'
