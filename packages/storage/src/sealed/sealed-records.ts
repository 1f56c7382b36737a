import { SHARE_KEY_SIZE, type ShareKey } from '@p2pshare/content'
import type { Catalogue } from '@p2pshare/ports'
import { keyCheck } from './seal.ts'

/** Where the catalogue keeps what belongs to private shares, by CID; the catalogue lies in a folder of its user alone. */
const SECRETS = 'sealed-key'
const SOURCES = 'sealed-source'
const MOVES = 'sealed-move'

/** Plain files from which the blocks of a private share are made. */
export interface SealedSourceRecord {
  /** Absolute path of the plain file or folder. */
  readonly path: string
  readonly manifest: Uint8Array
}

/** A plain tree that is being given its final name. */
export interface SealedMove {
  readonly target: string
  /** Of the part file or folder, which it keeps under its final name. */
  readonly inode: string
}

/** The key of a private share. */
export function keyOf(catalogue: Catalogue, cid: string): ShareKey | undefined {
  const secret = catalogue.values(SECRETS).get(cid)
  return secret?.byteLength === SHARE_KEY_SIZE ? { secret, check: keyCheck(secret, cid) } : undefined
}

export function putSecret(catalogue: Catalogue, cid: string, secret: Uint8Array): void {
  catalogue.values(SECRETS).put(cid, secret)
}

export function sourceOf(catalogue: Catalogue, cid: string): SealedSourceRecord | undefined {
  const value = catalogue.values(SOURCES).get(cid)
  if (value === undefined) return undefined
  const end = value.indexOf(0)
  return { path: Buffer.from(value.subarray(0, end)).toString(), manifest: value.subarray(end + 1) }
}

/** A path holds no zero byte, so that one ends it. */
export function putSource(catalogue: Catalogue, cid: string, { path, manifest }: SealedSourceRecord): void {
  catalogue.values(SOURCES).put(cid, Buffer.concat([Buffer.from(`${path}\0`), manifest]))
}

export function moveOf(catalogue: Catalogue, cid: string): SealedMove | undefined {
  const value = catalogue.values(MOVES).get(cid)
  if (value === undefined) return undefined
  const [inode = '', target = ''] = Buffer.from(value).toString().split('\0')
  return { inode, target }
}

export function putMove(catalogue: Catalogue, cid: string, { inode, target }: SealedMove): void {
  catalogue.values(MOVES).put(cid, Buffer.from(`${inode}\0${target}`))
}

export function forgetMove(catalogue: Catalogue, cid: string): void {
  catalogue.values(MOVES).delete(cid)
}

/** The share is gone, or no private one any more. */
export function forgetSealed(catalogue: Catalogue, cid: string): void {
  for (const area of [SECRETS, SOURCES, MOVES]) catalogue.values(area).delete(cid)
}
