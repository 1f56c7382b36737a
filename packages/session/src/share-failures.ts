import { type Bitfield, isShareError, ShareError } from '@p2pshare/base'
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

/** A complete share lost pieces on disk. */
export function checkFailedError(have: Bitfield): ShareError {
  return new ShareError({
    code: 'session.check-failed',
    fault: 'disk',
    message: `${have.length - have.count} of ${have.length} pieces on disk are not what was shared`,
    hint: 'Seed the path again to share it as it is now, or remove the share and fetch it anew.'
  })
}
