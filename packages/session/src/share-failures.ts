import { type Bitfield, formatSize, isShareError, ShareError } from '@p2pshare/base'
import type { ShareFiles, ShareRecord, ShareState } from '@p2pshare/ports'
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

/**
 * Looks whether `missing` bytes have room.
 * @throws ShareError `storage.disk-full`
 */
export async function checkSpace(
  files: ShareFiles,
  { path }: Readonly<ShareRecord>,
  missing: number
): Promise<void> {
  if ((await files.freeSpace(path)) < missing) throw noSpaceError(missing)
}

/** The disk has no room for what is still to come. */
function noSpaceError(missing: number): ShareError {
  return new ShareError({
    code: 'storage.disk-full',
    fault: 'disk',
    message: `disk full: ${formatSize(missing)} are still to come; goes on by itself when there is space`,
    hint: 'Free some space on the disk of the target.'
  })
}

/** What peers are told while a share takes no part; undefined while it does. */
export function refusalOf(stage: string, state: ShareState): RefuseReason | undefined {
  if (stage === 'checking') return 'busy'
  if (state === 'paused' || state === 'queued') return 'paused'
  return state === 'error' ? 'unavailable' : undefined
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
