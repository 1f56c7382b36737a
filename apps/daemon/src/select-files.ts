import { ShareError } from '@p2pshare/base'
import { chosenFiles } from '@p2pshare/content'
import type { Selection, SelectRequest } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'

/**
 * Changes which files of a share are wanted, which of them first, and in which order their pieces; kept over restarts.
 * @throws ShareError `session.unknown-share`, `content.no-such-entry`, `content.malformed-glob`; nothing has changed
 *   then. `session.index-missing` for an order of files that are not known yet
 */
export function selectFiles(session: Session, { ref, choice, all, first, order }: SelectRequest): Selection {
  const driver = session.share(ref)
  const { layout } = driver.bytes
  if (first !== undefined && layout === undefined) throw indexMissing()
  const early = first === undefined || layout === undefined ? [] : chosenFiles(layout, first)
  if (choice !== undefined) driver.wishes.choose(choice, false)
  else if (all) driver.wishes.chooseAll()
  // What comes first is wanted, too.
  if (early.length > 0) driver.wishes.prioritise(early, 'high')
  if (order !== undefined) driver.wishes.setOrder(order)
  // A choice that meant no file stopped it.
  if (driver.record.state === 'error' && (choice !== undefined || all)) driver.resume()
  return selectionOf(driver)
}

function selectionOf({ cid, state, bytes, wishes }: ShareDriver): Selection {
  const { layout } = bytes
  const known = { cid, state: state.state, order: wishes.selection.order }
  if (layout === undefined) return known
  const wanted = wishes.selection.wanted(layout)
  return {
    ...known,
    ...{ files: layout.files.length, size: layout.size, wantedFiles: wanted.files, wantedSize: wanted.size }
  }
}

function indexMissing(): ShareError {
  return new ShareError({
    code: 'session.index-missing',
    fault: 'daemon',
    message: 'which files the share has is not known yet',
    hint: 'Wait until its index is fetched: p2pshare status <hash>.'
  })
}
