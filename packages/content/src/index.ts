/** What is shared: UnixFS DAGs, piece layout, CIDs, share links, safe names, limits. Pure. */
export * from './layout/share-layout.ts'
