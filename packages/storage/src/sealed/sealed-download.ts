import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type Bitfield,
  Bitfield as Bits,
  type Bytes,
  invariant,
  type PieceIndex,
  type ShareError
} from '@p2pshare/base'
import { diskName, type SealedTree, type ShareLayout, wrongKey } from '@p2pshare/content'
import type { FileIdentity, PieceStore, ShareRecord } from '@p2pshare/ports'
import { diskFull, writeError } from '../disk/disk-error.ts'
import { syncFolder } from '../disk/folder.ts'
import { freeSpace } from '../disk/free-space.ts'
import { identityOf } from '../disk/identity.ts'
import { statPath } from '../disk/plain-file.ts'
import type { StoreContext } from '../store/context.ts'
import { moveToTarget } from '../store/move-to-target.ts'
import { forgetPartPath, leftPartPath } from '../store/part-place.ts'
import { Places } from '../store/places.ts'
import { replaced } from '../target/replace-wish.ts'
import { contentKey, openBlock } from './seal.ts'
import { forgetMove, moveOf, putMove, putSource } from './sealed-records.ts'
import { SealedSource } from './sealed-source.ts'
import { CipherReader, writePlain } from './unseal.ts'

/** What a download of a private share needs. */
export interface SealedDownloadParts {
  readonly cid: string
  readonly layout: ShareLayout
  readonly secret: Uint8Array
  readonly context: StoreContext
}

/**
 * A private share that is fetched with its key: cipher text comes into a part file as with any share, and can be
 * passed on from there; at the end the plain files are written beside it, get their final name, and the cipher text
 * goes: from then on it is made of them again. A kill at any point leaves the cipher text, or all plain files.
 */
export class SealedDownload implements PieceStore {
  readonly #parts: SealedDownloadParts
  readonly #key: Uint8Array
  #inner: PieceStore
  #source: SealedSource | undefined
  /** Blocks come in any order; a key that opens one of them is the right one. */
  #isOpened = false

  /** @param cipher - the store of the cipher text */
  constructor(parts: SealedDownloadParts, cipher: PieceStore) {
    this.#parts = parts
    this.#key = contentKey(parts.secret)
    this.#inner = cipher
  }

  get have(): Bitfield {
    return this.#inner.have
  }

  read(piece: PieceIndex, offset: Bytes, length: Bytes, into?: Uint8Array): Promise<Uint8Array> {
    return this.#inner.read(piece, offset, length, into)
  }

  /** @throws ShareError also `content.wrong-key` */
  async write(piece: PieceIndex, block: Uint8Array): Promise<void> {
    if (!this.#isOpened) {
      if (openBlock(this.#key, piece, block.slice()) === undefined) throw wrongKey()
      this.#isOpened = true
    }
    await this.#inner.write(piece, block)
  }

  flush(): Promise<void> {
    return this.#inner.flush()
  }

  verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<void> {
    return this.#inner.verify(onProgress, signal)
  }

  /** One file of cipher text; the plain ones get their names all together. */
  place(files: Iterable<number>): Promise<void> {
    return this.#inner.place(files)
  }

  strayed(isMeant: (file: number) => boolean): ShareError | undefined {
    return this.#inner.strayed(isMeant)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** Plain files are written to the disk of the target at once. */
  async bringHome(): Promise<void> {}

  /** @throws ShareError also `content.wrong-key`, `content.bad-name` … when the maker of the share was hostile */
  async finish(): Promise<string> {
    if (this.#source !== undefined) return this.#source.finish()
    const { cid, layout, context } = this.#parts
    const cipher = this.#inner
    await cipher.flush()
    const record = context.catalogue.share(cid)
    invariant(record !== undefined && cipher.have.isFull, 'finish of what is not all here')
    const reader = new CipherReader(cipher, layout, this.#key)
    const { manifest, tree } = await reader.manifest()
    const target = moveOf(context.catalogue, cid)?.target ?? (await targetOf(record, tree))
    try {
      const identities = await this.#place(reader, tree, target)
      await syncFolder(dirname(target))
      this.#record(record, { target, manifest, tree, identities })
    } catch (error) {
      throw writeError(error, target)
    }
    const { secret } = this.#parts
    this.#source = await SealedSource.open(cid, layout, { path: target, manifest }, { secret, context })
    this.#inner = this.#source
    await cipher.close()
    await discardCipher(context, cid)
    return target
  }

  /** Writes the plain files and gives them their name, unless an earlier run was killed after it did. */
  async #place(reader: CipherReader, tree: SealedTree, target: string): Promise<FileIdentity[] | undefined> {
    const { cid, context } = this.#parts
    const { catalogue } = context
    const part = plainPartFor(leftPartPath(catalogue, cid) ?? target, { cid, target })
    const move = moveOf(catalogue, cid)
    const there = move === undefined ? undefined : await statPath(target)
    const isPlaced = there !== undefined && String(there.ino) === move?.inode
    if (!isPlaced) {
      if ((await freeSpace(target, context.reserve)) < tree.size) throw diskFull(target)
      await writePlain(reader, tree, part)
      const own = await statPath(part)
      putMove(catalogue, cid, { target, inode: String(own?.ino) })
      await moveToTarget({ part, kind: tree.kind, catalogue }, target).catch((error: unknown) => {
        forgetMove(catalogue, cid)
        throw error
      })
    }
    return this.#identities(tree, target)
  }

  /** A rename changes the times of a file itself, and a run that was killed left none behind. */
  async #identities(tree: SealedTree, target: string): Promise<FileIdentity[]> {
    const places = new Places(target, tree)
    const identities: FileIdentity[] = []
    for (const file of tree.files.keys()) {
      const stat = await statPath(places.path(file))
      if (stat?.isFile() === true) identities.push({ file, ...identityOf(stat) })
    }
    return identities
  }

  #record(
    record: ShareRecord,
    {
      target,
      manifest,
      tree,
      identities = []
    }: { target: string; manifest: Uint8Array; tree: SealedTree; identities?: FileIdentity[] | undefined }
  ): void {
    const { cid, layout, context } = this.#parts
    const { catalogue } = context
    const name = record.name === cid ? tree.name : record.name
    catalogue.transaction(() => {
      putSource(catalogue, cid, { path: target, manifest })
      catalogue.putIdentities(cid, identities)
      catalogue.putHave(cid, Bits.full(layout.pieceCount))
      catalogue.putShare({ ...record, name, path: target, partPath: undefined, complete: true })
      forgetMove(catalogue, cid)
      replaced(catalogue, target)
    })
  }
}

/** Where plain files lie until all are written; never seeded, as its name says. */
export function plainPartOf(partPath: string): string {
  return join(dirname(partPath), basename(partPath).replace(/(\.p2pshare-part)?$/, '.plain.p2pshare-part'))
}

/** As {@link plainPartOf}; always beside the target, since only there it can be given its name. */
function plainPartFor(left: string, { cid, target }: { cid: string; target: string }): string {
  if (dirname(left) === dirname(target)) return plainPartOf(left)
  return join(dirname(target), `.${cid}.plain.p2pshare-part`)
}

/** The cipher text is not needed any more. */
export async function discardCipher(
  { catalogue }: Pick<StoreContext, 'catalogue'>,
  cid: string
): Promise<void> {
  const left = leftPartPath(catalogue, cid)
  if (left === undefined) return
  await rm(left, { force: true })
  const target = catalogue.share(cid)?.path ?? left
  await rm(plainPartFor(left, { cid, target }), { recursive: true, force: true })
  forgetPartPath(catalogue, cid)
}

/** Nobody said a name: that of the manifest, where it is free. */
async function targetOf(record: ShareRecord, tree: SealedTree): Promise<string> {
  if (basename(record.path) !== record.cid) return record.path
  const named = join(dirname(record.path), diskName(tree.name))
  return (await statPath(named)) === undefined ? named : record.path
}
