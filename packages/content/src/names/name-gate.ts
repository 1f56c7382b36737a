import { printable } from '@p2pshare/base'
import { type ContentFault, contentFault } from '../fault.ts'
import { MAX_RAW_NAME_SIZE } from '../limits.ts'
import { utf8Size } from './utf8.ts'

/** Names that mean a place instead of an entry, on one system or another. */
const PLACES = /^(?:\.{1,2}|~|[A-Za-z]:)$/

/** Why a name can never be a name of an entry, in words that follow "the name … ". */
function refusal(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.length > MAX_RAW_NAME_SIZE || utf8Size(name) > MAX_RAW_NAME_SIZE) return 'is longer than 4 KiB'
  if (!name.isWellFormed()) return 'is not valid Unicode'
  if (PLACES.test(name)) return 'names a place outside its folder'
  if (name.includes('/') || name.includes('\\')) return 'contains a path separator'
  if (name.includes('\0')) return 'contains a NUL character'
  return undefined
}

/**
 * The one gate for names of files, folders and shares, from peers, links and disks alike: what is
 * refused here makes the whole share refused. `..`, `.`, empty, `~`, a bare drive (`C:`), anything
 * with `/`, `\` or NUL (so every absolute or nested path), lone surrogates, more than 4 KiB.
 * Everything else is allowed and becomes storable by `diskName`.
 *
 * @returns undefined when the name is allowed
 */
export function checkName(name: string): ContentFault | undefined {
  const why = refusal(name)
  return why === undefined ? undefined : contentFault('bad-name', `the name "${printable(name)}" ${why}`)
}
