import type { ShareDriver } from './share-driver.ts'
import type { TroubledShare } from './share-trouble.ts'

/** A share as what keeps it from its work sees it. @param own - what only the share itself can do */
export function troubleOwner(
  share: ShareDriver,
  own: Pick<TroubledShare, 'stopWork' | 'setRunning' | 'onError'>
): TroubledShare {
  const { cid, record, bytes, wishes, publisher } = share
  return {
    ...own,
    cid,
    record,
    missing: () => wishes.toCome(record.size - bytes.done, bytes.have),
    wantsAll: () => wishes.selection.isWhole,
    start: () => share.start(),
    isBusyWithFiles: () => share.stage === 'checking' || share.stage === 'finishing',
    isOlder: () => share.newer !== undefined,
    reopen: () => bytes.close().then(() => bytes.open()),
    close: () => void bytes.close().catch(() => undefined),
    withdraw: () => publisher.withdraw(),
    changed: () => share.changed()
  }
}
