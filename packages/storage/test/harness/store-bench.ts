import { join } from 'node:path'
import { Bitfield } from '@p2pshare/base'
import type { Catalogue, Log, PieceStore, ShareFiles } from '@p2pshare/ports'
import { MemoryCatalogue, type SampleShare, sampleRecord, VirtualClock } from '@p2pshare/testkit'
import { createShareFiles, type ShareFilesOptions, subtleHasher } from '../../src/index.ts'
import { tempFolder } from './temp-folder.ts'

/** A log that says nothing. */
export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quietLog
}

/** Real share files in a folder of their own, with a clock that moves when told. */
export interface StoreBench {
  readonly folder: string
  readonly catalogue: Catalogue
  readonly clock: VirtualClock
  files: ShareFiles
  /** Hashes made so far. */
  readonly hashes: () => number
  /** Puts the share into the catalogue as a fetch to `name`, and opens it. */
  fetch(share: SampleShare, name?: string): Promise<PieceStore>
  /** Opens a share that is in the catalogue, and closes it at the end. */
  open(share: SampleShare): Promise<PieceStore>
  /** Forgets all that a process has in memory, as after a kill. */
  restart(): void
  dispose(): Promise<void>
}

export function storeBench(options: Partial<ShareFilesOptions> = {}): StoreBench {
  const temp = tempFolder()
  const folder = options.ownData?.[0] ?? temp.path
  const catalogue = options.catalogue ?? new MemoryCatalogue()
  const clock = new VirtualClock()
  const opened: PieceStore[] = []
  let hashes = 0
  const hasher = async (data: Uint8Array): Promise<Uint8Array> => {
    hashes++
    return subtleHasher(data)
  }
  const make = (): ShareFiles =>
    createShareFiles({ catalogue, clock, hasher, log: quietLog, ownData: [], ...options, reserve: () => 0 })
  const bench: StoreBench = {
    folder,
    catalogue,
    clock,
    files: make(),
    hashes: () => hashes,
    fetch: async (share, name = 'target') => {
      catalogue.putShare(recordOf(share, join(folder, name)))
      return bench.open(share)
    },
    open: async (share) => {
      const store = await bench.files.open(share.cid, share.layout)
      opened.push(store)
      return store
    },
    restart: () => {
      bench.files = make()
    },
    dispose: async () => {
      await Promise.allSettled(opened.map((store) => store.close()))
      temp.remove()
    }
  }
  return bench
}

function recordOf(share: SampleShare, path: string): ReturnType<typeof sampleRecord> {
  return sampleRecord(share.cid, {
    path,
    partPath: undefined,
    size: share.layout.size,
    pieces: share.layout.pieceCount
  })
}

/** Marks a share in the catalogue as complete, as the session does after an import. */
export function putComplete(bench: StoreBench, share: SampleShare, path: string): void {
  bench.catalogue.putShare({ ...recordOf(share, path), complete: true, state: 'seeding' })
  bench.catalogue.putHave(share.cid, Bitfield.full(share.layout.pieceCount))
}
