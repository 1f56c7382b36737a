import type { ShareRecord } from '@p2pshare/ports'
// By path: the testkit's index needs a running vitest, and this runs in a child process, too.
import { type SampleShare, sampleShare } from '../../../testkit/src/storage/sample-share.ts'

/** The share of the crash tests: one larger file, small ones, an empty one. */
export function crashShare(): SampleShare {
  const sizes = [300_000, 1, 0, 5000, 100_000, 2048]
  return sampleShare({ seed: 42, files: sizes.map((size) => ({ size })), folders: [['nothing in here']] })
}

/** Its row as a running download to `path`. */
export function crashRecord(share: SampleShare, path: string): ShareRecord {
  return {
    cid: share.cid,
    name: 'target',
    size: share.layout.size,
    pieces: share.layout.pieceCount,
    indexed: true,
    complete: false,
    state: 'fetching',
    reason: undefined,
    path,
    partPath: undefined,
    hints: [],
    uploaded: 0,
    downloaded: 0,
    addedAt: 0
  }
}
