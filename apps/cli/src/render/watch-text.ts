import { printable } from '@p2pshare/base'
import type { WatchedFolderView, WatchList } from '@p2pshare/control'

/** Watched folders with their entries, the newest hash of each on its line and the older ones below. */
export function watchText({ folders }: WatchList): string {
  if (folders.length === 0) return 'no folder is watched yet'
  return folders.map(folderText).join('\n\n')
}

function folderText(folder: WatchedFolderView): string {
  const { shared, waiting, missing, failed, left } = folder
  const counts = [
    `${shared} shared`,
    ...(waiting === 0 ? [] : [`${waiting} to come`]),
    ...(missing === 0 ? [] : [`${missing} missing`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(left === 0 ? [] : [`${left} left out: too many, put them in subfolders`])
  ]
  const reason = folder.reason === undefined ? '' : ` (${printable(folder.reason)})`
  const head = `${printable(folder.path, 4096)}  ${folder.state}${reason}: ${counts.join(', ')}`
  const told = folder.entries.flatMap(entryLines)
  const untold = shared + waiting + missing + failed - folder.entries.length
  return [head, ...told, ...(untold > 0 ? [`  and ${untold} more`] : [])].join('\n')
}

function entryLines({ name, state, reason, versions }: WatchedFolderView['entries'][number]): string[] {
  const [newest, ...older] = versions.toReversed()
  const why = reason === undefined ? '' : ` (${printable(reason)})`
  return [
    `  ${newest?.cid ?? '-'}  ${state}${why}  ${printable(name)}`,
    ...older.map(({ cid, at }) => `    ${cid}  older version, of ${new Date(at).toISOString()}`)
  ]
}
