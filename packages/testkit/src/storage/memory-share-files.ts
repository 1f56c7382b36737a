import { type PieceIndex, pieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ImportedShare, OpenOptions, PieceStore, ShareFiles } from '@p2pshare/ports'
import { type MemoryDisk, MemoryPieceStore } from './memory-piece-store.ts'

/** The files of one machine in memory: paths that can be seeded, disks that hold what was fetched. */
export class MemoryShareFiles implements ShareFiles {
  /** Bytes left on the disk. */
  free: number = Number.MAX_SAFE_INTEGER
  /** Stores that were opened, the newest last. */
  readonly stores: MemoryPieceStore[] = []
  /** Targets that were asked about, and how. */
  readonly wishes: { path: string; force: boolean; adopt: boolean }[] = []
  /** Stands before every store that is opened, as a long look at a target does. */
  opening: ((signal: AbortSignal | undefined) => Promise<void>) | undefined
  readonly #sources = new Map<string, { layout: ShareLayout; name: string }>()
  readonly #disks = new Map<string, MemoryDisk>()
  readonly #targets = new Set<string>()

  /** Puts a share's content at a path, all of it or the pieces named, so that it can be seeded or resumed. */
  place(
    path: string,
    cid: string,
    layout: ShareLayout,
    block: (piece: PieceIndex) => Uint8Array,
    pieces?: readonly number[]
  ): void {
    this.#sources.set(path, { layout, name: path.slice(path.lastIndexOf('/') + 1) })
    const disk: MemoryDisk = new Map()
    const present = pieces ?? Array.from({ length: layout.pieceCount }, (_, i) => i)
    for (const i of present) disk.set(pieceIndex(i), block(pieceIndex(i)))
    this.#disks.set(cid, disk)
  }

  /** Says that a path is taken. */
  occupy(path: string): void {
    this.#targets.add(path)
  }

  async import(path: string): Promise<ImportedShare> {
    const source = this.#sources.get(path)
    if (source === undefined) throw failure('storage.no-such-path', `${path} does not exist`)
    return { ...source, path, identities: [], skipped: [], hashedBytes: source.layout.size }
  }

  async open(cid: string, layout: ShareLayout, { signal, onLooked }: OpenOptions = {}): Promise<PieceStore> {
    onLooked?.(1)
    await this.opening?.(signal)
    const disk = this.#disks.get(cid) ?? new Map()
    this.#disks.set(cid, disk)
    const store = new MemoryPieceStore(layout, { disk })
    this.stores.push(store)
    return store
  }

  async checkTarget(
    path: string,
    options: { size?: number; force: boolean; adopt?: boolean }
  ): Promise<void> {
    this.wishes.push({ path, force: options.force, adopt: options.adopt === true })
    if (options.adopt === true) return
    if (!options.force && this.#targets.has(path)) throw failure('storage.target-exists', `${path} exists`)
    if ((options.size ?? 0) > this.free) throw failure('storage.disk-full', 'the disk is full')
  }

  adopted(): number | undefined {
    return undefined
  }

  rootsOf(): undefined {
    return undefined
  }

  keyOf(): undefined {
    return undefined
  }

  opener(): undefined {
    return undefined
  }

  takeKey(): () => void {
    throw failure('content.wrong-key', 'this machine opens no private shares')
  }

  async remove(cid: string): Promise<void> {
    this.#disks.delete(cid)
  }

  async freeSpace(): Promise<number> {
    return this.free
  }
}

function failure(code: string, message: string): ShareError {
  return new ShareError({ code, fault: 'disk', message, hint: 'Only a test can see this.' })
}
