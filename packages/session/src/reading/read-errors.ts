import { ShareError } from '@p2pshare/base'
import type { ShareDriver } from '../share/share-driver.ts'

/** Nothing of the range is in the file: what HTTP says with 416. */
export function rangeBeyondEnd(size: number): ShareError {
  return new ShareError({
    code: 'content.range-beyond-end',
    fault: 'user',
    message: `the range lies beyond the end: the file has ${size} bytes`,
    hint: size === 0 ? 'The file is empty.' : `The last byte has the number ${size - 1}.`,
    detail: { size }
  })
}

/** The share was removed while somebody read it. */
export function shareRemoved(): ShareError {
  return new ShareError({
    code: 'session.share-removed',
    fault: 'user',
    message: 'the share was removed while it was read',
    hint: 'Read it again: it is then fetched anew.'
  })
}

/**
 * Sees to it that what is missing of a share can still come.
 * @throws ShareError why the share fails; `session.part-missing` when it is held up, or will never have it
 */
export function checkMayCome(driver: ShareDriver): void {
  const { failure, record, newer, stage } = driver
  if (failure !== undefined) throw failure
  if (record.state === 'paused')
    throw partMissing('the share is paused, and this part is not here', 'Resume it: p2pshare resume <hash>.')
  if (stage !== 'idle' || !record.complete) return
  const hint = 'Remove the share, then read it again: it is then fetched from others.'
  throw newer === undefined
    ? partMissing('this part is no longer on disk as it was shared', hint)
    : partMissing('this is an older version, and this part of it has changed since', hint)
}

function partMissing(message: string, hint: string): ShareError {
  return new ShareError({ code: 'session.part-missing', fault: 'user', message, hint })
}
