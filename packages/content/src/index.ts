/**
 * What is shared: UnixFS DAGs, piece layout, CIDs, share links, safe names, limits. Pure.
 *
 * Seeding: `createShareBuilder({ sha256 })` → {@link ShareBuilder}.
 * Fetching: `createWalker(root)` → {@link Walker}; `verifyBlock(cid, bytes, sha256)` before supply.
 * Restart: `layoutFromBlocks(root, blocks, rootSize?)`.
 * Foreign leaves: `unwrapLeaf(block)`.
 * Links: `parseShareRef(text)`, `formatShareLink(ref)`, `canonicalCid(cid)`.
 * Names: `checkName(name)`, `diskName(name)`.
 */
export * from './build/share-builder-api.ts'
export * from './fault.ts'
export * from './layout/share-layout.ts'
export * from './limits.ts'
export * from './link/share-ref.ts'
export * from './walk/walker-api.ts'
