import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { type Catalogue, type ShareRecord } from '@p2pshare/ports'
import { statPath } from '../disk/plain-file.ts'

const SUFFIX = '.p2pshare-part'
/** Bytes of a name on common file systems, minus what is put around it. */
const NAME_ROOM = 255 - SUFFIX.length - 12

/** Whether a name is that of a part file or folder; such are never seeded. */
export function isPartName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(SUFFIX)
}

/** `<folder>/.<name>.p2pshare-part`; the n-th one of that kind, from 1, where the first are taken. */
export function partPathFor(path: string, n = 1): string {
  const name = basename(path)
  // A long name is cut, and told from its like by a digest.
  const fits = Buffer.byteLength(name) <= NAME_ROOM
  const stem = fits ? name : createHash('sha256').update(name).digest('hex').slice(0, 32)
  return join(dirname(path), `.${stem}${n === 1 ? '' : `.${n}`}${SUFFIX}`)
}

/**
 * Where the download of a share lies until it is complete. A new one gets a path that neither
 * another share nor anything on disk has, and the catalogue knows it before the first byte: what
 * lies there later is ours.
 */
export async function reservePartPath(catalogue: Catalogue, share: ShareRecord): Promise<string> {
  if (share.partPath !== undefined) return share.partPath
  const taken = new Set(catalogue.shares().map((other) => other.partPath))
  for (let n = 1; ; n++) {
    const candidate = partPathFor(share.path, n)
    if (taken.has(candidate) || (await statPath(candidate)) !== undefined) continue
    catalogue.putShare({ ...share, partPath: candidate })
    return candidate
  }
}
