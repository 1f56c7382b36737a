/** Disk: in-place files, part files, hashing, and the SQLite catalogue. */
export { type OpenedCatalogue, openCatalogue } from './catalogue/open-catalogue.ts'
export { type DiskReserve, freeSpace, type MinFree, reserveOf } from './disk/free-space.ts'
export { subtleHasher } from './hasher.ts'
export { createShareFiles, type ShareFilesOptions } from './share-files.ts'
export { partPathFor } from './store/part-place.ts'
