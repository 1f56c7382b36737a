import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MiB } from '@p2pshare/base'
import { isAbsent, readError } from './disk-error.ts'

/** Bytes of a disk that downloads never use, from its size. */
export type DiskReserve = (total: number) => number

/** 1 % of the disk, but no more than 256 MiB (reliability section 5; Syncthing keeps 1 %). */
export const defaultReserve: DiskReserve = (total) => Math.min(Math.ceil(total / 100), 256 * MiB)

/**
 * Free bytes for us on the disk that holds `path`, or will hold it: the nearest folder that exists counts.
 * @returns at least 0
 * @throws ShareError `storage.unreadable`
 */
export async function freeSpace(path: string, reserve: DiskReserve): Promise<number> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, blocks, bsize } = await statfs(at)
      return Math.max(0, bavail * bsize - reserve(blocks * bsize))
    } catch (error) {
      if (!isAbsent(error) || dirname(at) === at) throw readError(error, path)
    }
  }
}
