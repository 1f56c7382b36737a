import { type Bitfield, isShareError, pieceIndex, printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ShareState } from '@p2pshare/ports'
import type { RefuseReason } from '@p2pshare/wire'

/** What puts a share into `error`: the error itself, or a bug wrapped in one. */
export function asFailure(error: unknown): ShareError {
  if (isShareError(error)) return error
  return new ShareError({
    code: 'session.unexpected',
    fault: 'bug',
    message: `failed inside: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Please report this with the log; `p2pshare resume` tries again.',
    cause: error
  })
}

/** What peers are told while a share takes no part; undefined while it does. */
export function refusalOf(stage: string, state: ShareState, isAway: boolean): RefuseReason | undefined {
  if (stage === 'checking') return 'busy'
  if (state === 'paused' || state === 'queued') return 'paused'
  return state === 'error' || isAway ? 'unavailable' : undefined
}

/** A complete share lost pieces on disk; of a folder, the first file of them is named. */
export function checkFailedError(have: Bitfield, layout: ShareLayout | undefined): ShareError {
  return new ShareError({
    code: 'session.check-failed',
    fault: 'disk',
    message: `${have.length - have.count} of ${have.length} pieces on disk are not what was shared${firstLost(have, layout)}`,
    hint: 'Seed the path again to share it as it is now, or remove the share and fetch it anew.'
  })
}

function firstLost(have: Bitfield, layout: ShareLayout | undefined): string {
  for (let piece = 0; piece < have.length && layout !== undefined; piece++) {
    if (have.has(piece)) continue
    const { path = [] } = layout.files.at(layout.fileOf(pieceIndex(piece))) ?? {}
    return path.length === 0 ? '' : `, the first in ${printable(path.join('/'), 200)}`
  }
  return ''
}
