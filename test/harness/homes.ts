import { mkdirSync } from 'node:fs'
import { createShareFiles, openCatalogue, subtleHasher } from '@p2pshare/storage'
import { resolveHome } from '@p2pshare/control'
import type { Catalogue, ImportedShare } from '@p2pshare/ports'
import { realClock, silentLog } from './node-parts.ts'

/**
 * Opens the catalogue of a home whose daemon does not run, for the time of `work`.
 * @throws ShareError `storage.catalogue-locked` when it does run
 */
export function withCatalogue<T>(home: string, work: (catalogue: Catalogue) => T): T {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const { catalogueFile: file } = resolveHome({ home, env: {} })
  const { catalogue, recovered } = openCatalogue({ file, now: () => Date.now() })
  try {
    if (recovered !== undefined) throw new Error(`the catalogue of ${home} was damaged: ${recovered.reason}`)
    return work(catalogue)
  } finally {
    catalogue.close()
  }
}

/** Hashes a path as `seed` does, in this process. `scratch` is a folder for a catalogue that stays empty. */
export async function importPath(path: string, scratch: string): Promise<ImportedShare> {
  const { catalogueFile: file } = resolveHome({ home: scratch, env: {} })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  const { catalogue } = openCatalogue({ file, now: () => Date.now() })
  const files = createShareFiles({
    ...{ catalogue, hasher: subtleHasher, clock: realClock, log: silentLog, ownData: [scratch] }
  })
  try {
    return await files.import(path, { signal: new AbortController().signal })
  } finally {
    catalogue.close()
  }
}
