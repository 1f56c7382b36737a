import { printable, ShareError } from '@p2pshare/base'
import { MAX_NAME_SIZE } from '../limits.ts'
import { diskName } from './disk-name.ts'
import { checkName } from './name-gate.ts'
import { utf8Size } from './utf8.ts'

/**
 * Checks a name that a user gives to a share of several paths. Stricter than the gate: everybody who fetches it shall
 * get just this name, on any system.
 * @throws ShareError `content.malformed-share-name`
 */
export function checkShareName(name: string): void {
  const why = refusal(name)
  if (why === undefined) return
  throw new ShareError({
    code: 'content.malformed-share-name',
    fault: 'user',
    message: `the name "${printable(name, 100)}" cannot be that of a share: ${why}`,
    hint: 'Take one that can be the name of a folder on every system, such as --name photos.'
  })
}

function refusal(name: string): string | undefined {
  const fault = checkName(name)
  if (fault !== undefined) return fault.message.replace(/^the name ".*" /s, 'it ')
  if (utf8Size(name) > MAX_NAME_SIZE) return `it has more than ${MAX_NAME_SIZE} bytes`
  if (name !== name.trim()) return 'it begins or ends with a blank'
  if (name.startsWith('.') && name.endsWith('.p2pshare-part'))
    return 'downloads that are not complete have such names'
  if (diskName(name) !== name)
    return 'it is reserved on some systems, or has characters that they cannot store or show'
  return undefined
}
