import type { Millis } from '@p2pshare/base'
import type { ShareEntryView } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { followEntries } from '../fetching/follow-entries.ts'
import { type CheckedPlace, partOfPrivate } from '../share-ref.ts'
import { type Picked, pickFiles } from './pick-files.ts'
import { pickTree } from './pick-tree.ts'

export { checkPickable } from './pick-files.ts'

/**
 * Fetches the index alone, and asks which files are wanted. Nothing else has happened when somebody leaves.
 * @throws ShareError `cli.usage` of a private share whose key the daemon has
 */
export async function askWhat(
  call: Invocation,
  client: ControlClient,
  place: CheckedPlace,
  timeout: Millis | undefined
): Promise<Picked> {
  const entries: ShareEntryView[] = []
  const listed = await followEntries(call, client, place, timeout, (page) => {
    for (const entry of page) entries.push(entry)
  })
  if (listed?.private === true) throw partOfPrivate()
  return listed === undefined ? { kind: 'leave' } : pickFiles(call, pickTree(entries, listed.name))
}
