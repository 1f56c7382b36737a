import { Bitfield, type ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { strayedChanged, strayedMissing } from '../disk/disk-error.ts'

/** Where the catalogue keeps which files of a download have their final name already, by CID. */
const AREA = 'storage.placed'

/** Files of a running download that have their final name already, in the target folder; nothing is written to them. */
export class PlacedFiles {
  /** Absolute path of the target folder, which is ours to add files to. */
  readonly target: string
  /** By file number. */
  readonly files: Bitfield
  /** Files of these that are not what was shared any more, as far as was seen: somebody's doing. */
  readonly strayed = new Map<number, 'missing' | 'changed'>()

  constructor(target: string, files: Bitfield) {
    this.target = target
    this.files = files
  }

  has(file: number): boolean {
    return this.files.has(file)
  }

  /** What is wrong with a placed file, for its user; undefined when nothing is known to be. */
  trouble(file: number, path: string): ShareError | undefined {
    const kind = this.strayed.get(file)
    if (kind === undefined) return undefined
    return kind === 'missing' ? strayedMissing(path) : strayedChanged(path)
  }

  /** The file is no longer ours to serve from there: it is downloaded anew, if it is wanted. */
  release(file: number): void {
    this.files.clear(file)
    this.strayed.delete(file)
  }
}

/** What the catalogue has of a share; undefined when none of its files was placed below its present target. */
export function placedFilesOf(
  catalogue: Catalogue,
  record: ShareRecord,
  layout: ShareLayout
): PlacedFiles | undefined {
  const stored = catalogue.values(AREA).get(record.cid)
  const end = stored?.indexOf(0) ?? -1
  if (stored === undefined || end === -1) return undefined
  const target = Buffer.from(stored.subarray(0, end)).toString()
  const files = Bitfield.fromBytes(stored.subarray(end + 1), layout.files.length)
  return target === record.path && files !== undefined ? new PlacedFiles(target, files) : undefined
}

/** The path, which holds no zero byte, a zero byte, and a bit for each file. */
export function putPlacedFiles(catalogue: Catalogue, cid: string, { target, files }: PlacedFiles): void {
  catalogue.values(AREA).put(cid, Buffer.concat([Buffer.from(`${target}\0`), files.toBytes()]))
}

/** The download is complete, or removed. */
export function forgetPlacedFiles(catalogue: Catalogue, cid: string): void {
  catalogue.values(AREA).delete(cid)
}
