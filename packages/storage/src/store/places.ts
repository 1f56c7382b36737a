import { join } from 'node:path'
import type { EntryList, FileEntry, ShareLayout } from '@p2pshare/content'
import { MANY_FILES } from '../disk/file-system-sync.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'

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

/** Where the files of a share lie: below `root`, which is the file itself for a `file` share. */
export class Places {
  readonly root: string
  readonly #layout: NamedFiles
  /** Files that lie under the share's own names, where those differ from the portable ones. */
  readonly #original: ReadonlySet<number>
  /** Files of a download that lie below their final folder already. */
  #placed: { readonly target: string; has(file: number): boolean } | undefined

  constructor(root: string, layout: NamedFiles, original: ReadonlySet<number> = new Set()) {
    this.root = root
    this.#layout = layout
    this.#original = original
  }

  /** From now on files that are placed are below another folder than the rest. */
  place(placed: { readonly target: string; has(file: number): boolean }): void {
    this.#placed = placed
  }

  /** Names below the root; empty for a `file` share. */
  parts(file: number): readonly string[] {
    const entry = this.#layout.files.at(file)
    if (entry === undefined) return []
    return this.#original.has(file) ? entry.path : entry.diskPath
  }

  path(file: number): string {
    return this.#placed?.has(file) === true ? this.finalPath(file) : join(this.root, ...this.parts(file))
  }

  /** Where the file lies, or will lie, once it is placed. */
  finalPath(file: number): string {
    return join(this.#placed?.target ?? this.root, ...this.parts(file))
  }
}

/**
 * Finds the files of a share that is complete. A downloaded folder has the portable names of the
 * gate; a seeded one lies there under its own names (`CON`, `a:b`), which passed the gate as well
 * and so hold no separator. Where both could be meant, the recorded identity decides.
 */
export async function findPlaces(root: string, layout: NamedFiles, recorded: IdentityTable): Promise<Places> {
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
