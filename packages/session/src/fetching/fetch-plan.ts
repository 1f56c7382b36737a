import { basename, join } from 'node:path'
import { ShareError } from '@p2pshare/base'
import { canonicalCid, diskName, keyMissing, type ShareRef } from '@p2pshare/content'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'
import { checkWish, type FileWish, hasWish, isPartial } from '../wishes/file-wish.ts'
import type { NodeParts } from '../node-parts.ts'

/** Where a fetched share shall go, and what of it: all, or what was wanted already, where nothing is said. */
export interface FetchWish extends FileWish {
  /** Absolute path of the file or folder itself; wins over `folder`. */
  output?: string | undefined
  /** Absolute folder in which the share gets its own name. */
  folder: string
  force: boolean
  /** The download begins with what is at the target; `force` then allows to lose bytes that are not the share's. */
  adopt?: boolean | undefined
  /** It is only asked whether this could begin: nothing is remembered of it, and how much is wanted is not known yet. */
  onlyLooked?: boolean | undefined
}

/**
 * The record of a fetch: checks the target before anything is asked of anyone.
 * @throws ShareError as `ShareFiles.checkTarget`; `session.already-here` when the share is elsewhere; `session.adopt-private`,
 *   `session.private-whole`; `content.malformed-glob`
 */
export async function planFetch(
  parts: NodeParts,
  cid: string,
  ref: ShareRef,
  wish: FetchWish,
  present: ShareRecord | undefined
): Promise<ShareRecord> {
  checkWish(wish)
  const name = ref.name === undefined ? undefined : diskName(ref.name)
  const path = wish.output ?? join(wish.folder, name ?? cid)
  if (ref.key !== undefined || parts.files.keyOf(cid) !== undefined) checkWhole(path, wish)
  const { adopt = false, force } = wish
  if (present !== undefined) return joinJob(parts, path, wish, present)
  await parts.files.checkTarget(path, {
    ...roomFor(ref, wish),
    ...{ force, adopt, onlyLooked: wish.onlyLooked === true }
  })
  const record = newRecord(parts, cid, ref, path)
  if (ref.name === undefined && wish.output !== undefined) record.name = basename(wish.output)
  return record
}

/** A fetch of a share that is here, or comes, already. */
async function joinJob(
  { files }: NodeParts,
  path: string,
  { output, adopt = false, force, onlyLooked = false }: FetchWish,
  present: ShareRecord
): Promise<ShareRecord> {
  if (output !== undefined && present.path !== path) {
    throw new ShareError({
      code: 'session.already-here',
      fault: 'user',
      message: `this node has the share already, at ${present.path}`,
      hint: 'Copy it from there, or remove the share first (`p2pshare remove`).',
      detail: { path: present.path }
    })
  }
  // What was refused may be allowed now.
  const isOpen = !present.complete && (present.partPath === undefined || present.state === 'error')
  if (adopt && isOpen) await files.checkTarget(present.path, { force, adopt, onlyLooked })
  return present
}

/** The record of a share of which nothing is here yet. */
export function newRecord(
  parts: Pick<NodeParts, 'clock'>,
  cid: string,
  ref: ShareRef,
  path: string
): ShareRecord {
  return {
    cid,
    name: ref.name ?? cid,
    size: 0,
    pieces: 0,
    indexed: false,
    complete: false,
    state: 'fetching',
    reason: undefined,
    path,
    partPath: undefined,
    hints: ref.peers.flatMap(hintOf),
    uploaded: 0,
    downloaded: 0,
    addedAt: parts.clock.wallTime()
  }
}

/** @throws ShareError what a private share cannot be fetched with */
function checkWhole(path: string, wish: FetchWish): void {
  if (wish.adopt === true) throw adoptsPrivate(path)
  if (hasWish(wish)) throw privateWhole()
}

/** The plain files of a private share cannot be compared with its hash, which is that of cipher text. */
function adoptsPrivate(path: string): ShareError {
  return new ShareError({
    code: 'session.adopt-private',
    fault: 'user',
    message: 'a private share cannot go on from files that are here: it is compared before it is decrypted',
    hint: 'Fetch it to another place, without --adopt.',
    detail: { path }
  })
}

/** To everybody but its readers a private share is one file, and so is it fetched: files of it cannot be chosen. */
export function privateWhole(): ShareError {
  return new ShareError({
    code: 'session.private-whole',
    fault: 'user',
    message: 'a private share is fetched whole: its files are encrypted together, as one',
    hint: 'Leave out the choice of files. One file of it is read by p2pshare cat <hash> <path>.'
  })
}

/** Space that a share takes, if its link tells: a private one is there twice for a moment, sealed and opened. */
function roomFor({ size, key }: ShareRef, wish: FetchWish): { size?: number } {
  // How much of it is chosen is not known yet.
  if (size === undefined || isPartial(wish) || wish.onlyLooked === true) return {}
  return { size: key === undefined ? size : 2 * size }
}

/**
 * Checks the key of a link before anything is asked of anyone.
 * @returns what records it with the share; undefined without a key
 * @throws ShareError `content.key-missing`, `content.wrong-key`, `session.here-without-key`
 */
export function takeKeyOf(
  { root, key, sealed }: ShareRef,
  files: ShareFiles,
  present: ShareRecord | undefined
): (() => void) | undefined {
  const cid = canonicalCid(root)
  if (sealed === true && key === undefined) throw keyMissing(cid)
  if (key === undefined) return undefined
  const record = files.takeKey(cid, key)
  if (present !== undefined && files.keyOf(cid) === undefined) throw hereWithoutKey(present)
  return record
}

/** The share is passed on here for others, or half fetched; its bytes lie under a name of their own. */
function hereWithoutKey({ cid, path }: ShareRecord): ShareError {
  return new ShareError({
    code: 'session.here-without-key',
    fault: 'user',
    message: `this node keeps the share for others, encrypted, at ${path}`,
    hint: `Run p2pshare remove ${cid}, then fetch the link again.`,
    detail: { path }
  })
}

/** A peer hint is of use only when it names the peer that must answer. */
function hintOf(address: string): ShareRecord['hints'] {
  const peer = /\/p2p\/([1-9A-HJ-NP-Za-km-z]{40,64})$/.exec(address)?.[1]
  return peer === undefined ? [] : [{ peer, addresses: [address] }]
}
