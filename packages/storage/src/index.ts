/** Disk: in-place files, part files, hashing, and the SQLite catalogue. */
export { type OpenedCatalogue, openCatalogue } from './catalogue/open-catalogue.ts'
