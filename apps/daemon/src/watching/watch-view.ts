import type { ControlService, WatchedFolderView, WatchRequest } from '@p2pshare/control'
import type { Clock } from '@p2pshare/base'
import type { EntryView } from './folder-watch.ts'
import type { WatchedFolder } from './watched-folder.ts'
import type { Watching } from './watching.ts'

/** Entries of a folder that are told; those with trouble come first. */
const MOST_TOLD = 1000
const RANK: Record<EntryView['state'], number> = {
  failed: 0,
  restless: 1,
  missing: 2,
  hashing: 3,
  settling: 4,
  shared: 5
}

/** The calls of the API about watched folders. */
export function watchCalls(watching: Watching, clock: Clock): Pick<ControlService, 'watch' | 'unwatch'> {
  return {
    watch: async (request) => watchFolder(watching, request, clock),
    unwatch: async ({ path }) => ({ path: (await watching.remove(path)).path, state: 'unwatched' })
  }
}

/** Watches the folder that a request names, if any, and answers all that are watched. */
async function watchFolder(
  watching: Watching,
  { path, announce }: WatchRequest,
  clock: Clock
): Promise<{ folders: WatchedFolderView[] }> {
  if (path !== undefined) return { folders: [viewOf(await watching.add(path, announce), clock)] }
  return { folders: watching.folders().map((folder) => viewOf(folder, clock)) }
}

function viewOf(folder: WatchedFolder, clock: Clock): WatchedFolderView {
  const { path, offline, lastLook, settings } = folder
  const all = [...folder.watch.view(clock.now())]
  const count = (...states: EntryView['state'][]): number =>
    all.filter(({ state }) => states.includes(state)).length
  all.sort((a, b) => RANK[a.state] - RANK[b.state] || (a.name < b.name ? -1 : 1))
  return {
    path,
    state: offline === undefined ? (lastLook === undefined ? 'looking' : 'watching') : 'offline',
    ...(offline === undefined ? {} : { reason: offline }),
    shared: count('shared'),
    waiting: count('settling', 'restless', 'hashing'),
    missing: count('missing'),
    failed: count('failed'),
    left: folder.watch.left,
    lastLook: lastLook ?? null,
    ...(settings.announce === undefined ? {} : { announce: settings.announce }),
    entries: all.slice(0, MOST_TOLD).map(({ name, state, reason, versions }) => ({
      name,
      state,
      ...(reason === undefined ? {} : { reason }),
      versions: [...versions]
    }))
  }
}
