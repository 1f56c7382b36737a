import { constants } from 'node:fs'
import { access, realpath, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MiB } from '@p2pshare/base'
import type { Volume } from '@p2pshare/ports'
import { isAbsent, readError } from './disk-error.ts'

/** Bytes of a disk that downloads never use, from its size. */
export type DiskReserve = (total: number) => number

/** 1 % of the disk, but no more than 256 MiB (reliability section 5; Syncthing keeps 1 %). */
export const defaultReserve: DiskReserve = (total) => Math.min(Math.ceil(total / 100), 256 * MiB)

/** What `min-free` may be: as {@link defaultReserve}, so many bytes, or so much of each disk, 0 … 1. */
export type MinFree = 'auto' | { readonly bytes: number } | { readonly part: number }

/** The reserve that somebody chose. */
export function reserveOf(minFree: MinFree): DiskReserve {
  if (minFree === 'auto') return defaultReserve
  return 'bytes' in minFree ? () => minFree.bytes : (total) => Math.ceil(total * minFree.part)
}

/**
 * Free bytes for us on the disk that holds `path`, or will hold it: the nearest folder that exists counts.
 * @returns at least 0
 * @throws ShareError `storage.unreadable`
 */
export async function freeSpace(path: string, reserve: DiskReserve): Promise<number> {
  return (await nearest(path, reserve)).free
}

/**
 * The disk that holds `path`, or will hold it.
 * @throws ShareError `storage.unreadable`
 */
export async function volumeOf(path: string, reserve: DiskReserve): Promise<Volume> {
  const { folder, free } = await nearest(path, reserve)
  try {
    const real = await realpath(folder)
    const { dev } = await stat(real, { bigint: true })
    const writable = await access(real, constants.W_OK).then(
      () => true,
      () => false
    )
    return { id: String(dev), mount: await mountOf(real, dev), free, writable }
  } catch (error) {
    throw readError(error, path)
  }
}

/** The topmost folder on the way up that is still on the same disk. */
async function mountOf(real: string, dev: bigint): Promise<string> {
  let mount = real
  for (let above = dirname(mount); above !== mount; above = dirname(mount)) {
    if ((await stat(above, { bigint: true })).dev !== dev) break
    mount = above
  }
  return mount
}

async function nearest(path: string, reserve: DiskReserve): Promise<{ folder: string; free: number }> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, blocks, bsize } = await statfs(at)
      return { folder: at, free: Math.max(0, bavail * bsize - reserve(blocks * bsize)) }
    } catch (error) {
      if (!isAbsent(error) || dirname(at) === at) throw readError(error, path)
    }
  }
}
