import { invariant } from '@p2pshare/base'
import { DAG_PB, dagPbCid, RAW, rawCid } from '../cid/supported-cid.ts'
import { blockKey } from '../dag/link-target.ts'
import { contentError, contentFault, isContentFault } from '../fault.ts'
import type { ShareLayout } from '../layout/share-layout.ts'
import { MAX_ENTRIES, MAX_FOLDER_DEPTH, MAX_INDEX_SIZE, MAX_PIECES } from '../limits.ts'
import { checkName } from '../names/name-gate.ts'
import { IndexSource } from '../walk/index-source.ts'
import { layoutFromBlocks, makeLayout } from '../walk/make-layout.ts'
import { DraftTable } from './draft-table.ts'
import { FileTree } from './file-tree.ts'
import { buildFolder, FolderDraft } from './folder-tree.ts'
import type { FileBuilder, Sha256, ShareBuilder } from './share-builder-api.ts'

/** Begins a share. */
export function createShareBuilder(options: { sha256: Sha256 }): ShareBuilder {
  return new DagBuilder(options.sha256)
}

class DagBuilder implements ShareBuilder {
  readonly #sha256: Sha256
  readonly #source = new IndexSource()
  readonly #files = new DraftTable()
  /** A folder, or the number of the one file. */
  #root: FolderDraft | number | undefined
  #entries = 0
  #pieces = 0

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  file(path: readonly string[]): FileBuilder {
    const name = path.at(-1)
    if (name === undefined) {
      invariant(this.#root === undefined, 'a share is one file or a folder, not both')
      this.#root = this.#files.add()
      return this.#fileBuilder(this.#root)
    } else {
      const parent = this.#folderAt(path.slice(0, -1))
      invariant(!parent.children.has(name), 'two entries of the same path')
      this.#checkName(name)
      this.#countEntry()
      const file = this.#files.add()
      parent.children.set(name, file)
      return this.#fileBuilder(file)
    }
  }

  folder(path: readonly string[]): void {
    this.#folderAt(path)
  }

  finish(): ShareLayout {
    invariant(this.#root !== undefined, 'a share of nothing')
    const top =
      this.#root instanceof FolderDraft
        ? buildFolder(this.#root, this.#files, this.#keep)
        : this.#files.node(this.#root)
    invariant(top !== undefined, 'a file was not finished')
    const { codec, digest, size } = top
    const layout =
      codec === RAW
        ? layoutFromBlocks(rawCid(digest.slice()), [], size)
        : makeLayout(this.#source, dagPbCid(digest.slice()))
    if (isContentFault(layout)) throw contentError(layout)
    return layout
  }

  #fileBuilder(file: number): FileBuilder {
    const tree = new FileTree(this.#keep)
    return {
      addPiece: (digest, size) => {
        invariant(!this.#files.isFinished(file), 'a piece for a finished file')
        if (++this.#pieces > MAX_PIECES) {
          throw contentError(
            contentFault('too-many-pieces', `the share has more than ${MAX_PIECES} pieces of 1 MiB`)
          )
        }
        tree.add(digest, size)
      },
      finish: () => {
        invariant(!this.#files.isFinished(file), 'a file finished twice')
        this.#files.finish(file, tree.finish())
      }
    }
  }

  /** The folder of that path, made with all above it where it is missing. */
  #folderAt(path: readonly string[]): FolderDraft {
    if (path.length > MAX_FOLDER_DEPTH) {
      throw contentError(contentFault('too-deep', `folders are nested more than ${MAX_FOLDER_DEPTH} deep`))
    }
    this.#root ??= new FolderDraft()
    let folder = this.#root
    for (const name of path) {
      invariant(folder instanceof FolderDraft, 'an entry below a file')
      let child = folder.children.get(name)
      if (child === undefined) {
        this.#checkName(name)
        this.#countEntry()
        child = new FolderDraft()
        folder.children.set(name, child)
      }
      folder = child
    }
    invariant(folder instanceof FolderDraft, 'an entry below a file')
    return folder
  }

  #checkName(name: string): void {
    const fault = checkName(name)
    if (fault !== undefined) throw contentError(fault)
  }

  #countEntry(): void {
    if (++this.#entries <= MAX_ENTRIES) return
    throw contentError(
      contentFault('too-many-entries', `the share has more than ${MAX_ENTRIES} files and folders`)
    )
  }

  readonly #keep = (block: Uint8Array): Uint8Array => {
    const digest = this.#sha256(block)
    this.#source.add(blockKey({ codec: DAG_PB, identity: false, digest }), {
      cid: dagPbCid(digest),
      data: block
    })
    if (this.#source.size > MAX_INDEX_SIZE) {
      throw contentError(contentFault('index-too-large', 'the index of the share is larger than 64 MiB'))
    }
    return digest
  }
}
