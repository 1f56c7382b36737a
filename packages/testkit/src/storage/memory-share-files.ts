import { type PieceIndex, pieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type {
  Catalogue,
  ImportedShare,
  OpenOptions,
  PieceStore,
  Relocation,
  ShareFiles,
  ShareRoot,
  Volume
} from '@p2pshare/ports'
import { type MemoryDisk, MemoryPieceStore } from './memory-piece-store.ts'

/** The files of one machine in memory: paths that can be seeded, disks that hold what was fetched. */
export class MemoryShareFiles implements ShareFiles {
  /** Bytes left beside `min-free` on the disk that `/` is on. */
  free: number = Number.MAX_SAFE_INTEGER
  /** Where paths are recorded; without one nothing is. */
  catalogue: Catalogue | undefined
  /** Whether anything can be written. */
  writable = true
  /** Other disks by the folders that they are mounted in, each with what is left there. */
  readonly disks: Map<string, { free: number }> = new Map()
  /** Paths at which nothing is; a path that nobody named is there. */
  readonly absent: Set<string> = new Set()
  /** Paths that are not what they were; the number tells one change from another. */
  readonly touched: Map<string, number> = new Map()
  /** Paths of shares that have several, by CID. */
  readonly roots: Map<string, readonly ShareRoot[]> = new Map()
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
    options: { size?: number; force: boolean; adopt?: boolean; onlyLooked?: boolean }
  ): Promise<void> {
    if (options.onlyLooked !== true)
      this.wishes.push({ path, force: options.force, adopt: options.adopt === true })
    if (options.adopt === true) return
    if (!options.force && this.#targets.has(path)) throw failure('storage.target-exists', `${path} exists`)
    if ((options.size ?? 0) > this.free) throw failure('storage.disk-full', 'the disk is full')
  }

  adopted(): number | undefined {
    return undefined
  }

  rootsOf(cid: string): readonly ShareRoot[] | undefined {
    return this.roots.get(cid)
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

  /** What was placed at the path, where it is of this share; to {@link occupy} it makes a fetch be refused. */
  async relocate(cid: string, layout: ShareLayout | undefined, path: string): Promise<Relocation> {
    const source = this.#sources.get(path)
    const isThere = source?.layout.root.equals(layout?.root) === true
    if (layout !== undefined && this.#disks.get(cid)?.size === layout.pieceCount && !isThere)
      throw failure('storage.not-the-share', `${path} is not what was shared`)
    if (this.#targets.has(path)) throw failure('storage.target-exists', `${path} exists`)
    const record = (): void => {
      const share = this.catalogue?.share(cid)
      if (share !== undefined) this.catalogue?.putShare({ ...share, path })
    }
    return { path, hashed: layout?.size ?? 0, record }
  }

  async volume(path: string): Promise<Volume> {
    const mount = [...this.disks.keys()]
      .filter((at) => isBelow(path, at))
      .sort((a, b) => b.length - a.length)[0]
    const free = this.disks.get(mount ?? '')?.free ?? this.free
    return { id: mount ?? 'root', mount: mount ?? '/', free, writable: this.writable }
  }

  async isMounted(mount: string): Promise<boolean> {
    return mount === '/' || this.disks.has(mount)
  }

  async look(path: string): Promise<string | undefined> {
    const isAbsent = [...this.absent].some((gone) => isBelow(path, gone))
    return isAbsent ? undefined : `there ${this.touched.get(path) ?? 0}`
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function failure(code: string, message: string): ShareError {
  return new ShareError({ code, fault: 'disk', message, hint: 'Only a test can see this.' })
}
