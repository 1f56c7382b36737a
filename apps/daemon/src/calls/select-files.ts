import type { Selection, SelectRequest } from '@p2pshare/control'
import { privateWhole, type Session, type ShareDriver } from '@p2pshare/session'

/**
 * Changes which files of a share are wanted, how much, and in which order their pieces; kept over restarts. Before its index is known, it is kept
 * until then.
 * @throws ShareError `session.unknown-share`, `content.no-such-entry`, `content.malformed-glob`, `session.private-whole`; nothing
 *   has changed then
 */
export async function selectFiles(
  session: Session,
  { ref, choice, all, priorities, order }: SelectRequest
): Promise<Selection> {
  const driver = session.share(ref)
  const isPart = choice !== undefined || priorities !== undefined
  if (isPart && session.keyOf(driver.cid) !== undefined) throw privateWhole()
  if (order !== undefined) driver.wishes.setOrder(order)
  if (choice === undefined && !all && priorities === undefined) return selectionOf(driver)
  await driver.wishes.wish({ choice: all ? 'all' : choice, priorities })
  // A choice that meant no file stopped it.
  if (driver.record.state === 'error') driver.resume()
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
