import { join } from 'node:path'
import type { EntryList, FileEntry, ShareLayout } from '@p2pshare/content'
import { MANY_FILES } from '../disk/file-system-sync.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import { SharePlace } from '../several/share-place.ts'

/** What {@link Places} need to know of a share: names. */
export interface NamedFiles {
  readonly kind: 'file' | 'folder'
  readonly files: EntryList<Named>
  readonly folders: Iterable<Named>
}

type Named = Pick<FileEntry, 'path' | 'diskPath'>

/** Whether a share has so many files that the thread for small ones is worth its start. */
export function isOfMany(layout: ShareLayout): boolean {
  return layout.kind === 'folder' && layout.files.length >= MANY_FILES
}

/** Where the files of a share lie. */
export class Places {
  /** The file or folder itself; of several paths the folder that holds them all. */
  readonly root: string
  /** Whether each entry of the share has a path of its own, so that there is no folder of the share. */
  readonly isSeveral: boolean
  readonly #place: SharePlace
  readonly #layout: NamedFiles
  /** Files that lie under the share's own names, where those differ from the portable ones. */
  readonly #original: ReadonlySet<number>
  /** Files of a download that lie below their final folder already. */
  #placed: { readonly target: string; has(file: number): boolean } | undefined

  constructor(place: string | SharePlace, layout: NamedFiles, original: ReadonlySet<number> = new Set()) {
    this.#place = typeof place === 'string' ? new SharePlace(place) : place
    this.root = this.#place.path
    this.isSeveral = this.#place.roots !== undefined
    this.#layout = layout
    this.#original = original
  }

  /** From now on files that are placed are below another folder than the rest. */
  place(placed: { readonly target: string; has(file: number): boolean }): void {
    this.#placed = placed
  }

  /** Names in the share; empty for a `file` share. */
  parts(file: number): readonly string[] {
    const entry = this.#layout.files.at(file)
    if (entry === undefined) return []
    return this.isSeveral || this.#original.has(file) ? entry.path : entry.diskPath
  }

  path(file: number): string {
    return this.#placed?.has(file) === true ? this.finalPath(file) : this.#place.pathOf(this.parts(file))
  }

  /** Where the file lies, or will lie, once it is placed. */
  finalPath(file: number): string {
    if (this.#placed === undefined) return this.#place.pathOf(this.parts(file))
    return join(this.#placed.target, ...this.parts(file))
  }

  /** The path that was seeded or fetched, and the file's names below it; none when it is the file itself. */
  locate(file: number): { root: string; parts: readonly string[] } {
    return this.#place.locate(this.parts(file))
  }

  /** As {@link locate}, for a folder of the share. */
  locateFolder(parts: readonly string[]): { root: string; parts: readonly string[] } {
    return this.#place.locate(parts)
  }
}

/**
 * Finds the files of a share that is complete. A downloaded folder has the portable names of the
 * gate; a seeded one lies there under its own names (`CON`, `a:b`), which passed the gate as well
 * and so hold no separator. Where both could be meant, the recorded identity decides.
 */
export async function findPlaces(
  place: SharePlace,
  layout: NamedFiles,
  recorded: IdentityTable
): Promise<Places> {
  // Only seeded ones have several paths.
  if (place.roots !== undefined) return new Places(place, layout)
  const root = place.path
  const original = new Set<number>()
  for (const [file, entry] of layout.files.entries()) {
    if (isPortable(entry)) continue
    const known = recorded.get(file)
    if (await isThere(join(root, ...entry.diskPath), known)) continue
    if (await isThere(join(root, ...entry.path), undefined)) original.add(file)
  }
  return new Places(root, layout, original)
}

function isPortable(entry: Named): boolean {
  return entry.path.every((name, depth) => name === entry.diskPath[depth])
}

async function isThere(path: string, identity: Identity | undefined): Promise<boolean> {
  const stat = await statPath(path)
  if (stat?.isFile() !== true) return false
  return identity === undefined || sameIdentity(identityOf(stat), identity)
}
