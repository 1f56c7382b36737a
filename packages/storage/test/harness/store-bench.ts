import { join } from 'node:path'
import { Bitfield } from '@p2pshare/base'
import type { Catalogue, ImportedShare, PieceStore, ShareFiles } from '@p2pshare/ports'
import { MemoryCatalogue, type SampleShare, sampleRecord, VirtualClock } from '@p2pshare/testkit'
import { createShareFiles, type ShareFilesOptions, subtleHasher } from '../../src/index.ts'
import { SmallFiles } from '../../src/small/small-files.ts'
import { systemClock } from './system-clock.ts'
import { quietLog } from './quiet-log.ts'
import { tempFolder } from './temp-folder.ts'

/** One thread for all tests of a file. */
const small = new SmallFiles(systemClock)

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
  open(share: Pick<SampleShare, 'cid' | 'layout'>): Promise<PieceStore>
  /** Forgets all that a process has in memory, as after a kill. */
  restart(): void
  dispose(): Promise<void>
}

/** Changes to the usual bench. */
export interface StoreBenchOptions extends Partial<ShareFilesOptions> {
  /** A folder that somebody else made, and removes. */
  folder?: string
  /** Whether free space is not looked at, so that writes run into the full disk itself. */
  blindToSpace?: boolean
}

export function storeBench(options: StoreBenchOptions = {}): StoreBench {
  const temp = tempFolder()
  const folder = options.folder ?? temp.path
  // A reserve below zero counts space that is not there.
  const reserve = options.blindToSpace === true ? (): number => -1e12 : (options.reserve ?? ((): number => 0))
  const catalogue = options.catalogue ?? new MemoryCatalogue()
  const clock = new VirtualClock()
  const opened: PieceStore[] = []
  let hashes = 0
  const hasher = async (data: Uint8Array): Promise<Uint8Array> => {
    hashes++
    return subtleHasher(data)
  }
  const make = (): ShareFiles =>
    createShareFiles({ small, catalogue, clock, hasher, log: quietLog, ownData: [], ...options, reserve })
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

/** Puts an import into the catalogue, as the session does, and opens it. */
export async function seedImported(bench: StoreBench, share: ImportedShare): Promise<PieceStore> {
  const { layout, name, path, identities } = share
  const cid = layout.root.toString()
  const sizes = { size: layout.size, pieces: layout.pieceCount }
  const record = sampleRecord(cid, {
    name,
    path,
    ...sizes,
    partPath: undefined,
    complete: true,
    state: 'seeding'
  })
  bench.catalogue.putShare(record)
  bench.catalogue.putHave(cid, Bitfield.full(layout.pieceCount))
  bench.catalogue.putIdentities(cid, identities)
  return bench.open({ cid, layout })
}
