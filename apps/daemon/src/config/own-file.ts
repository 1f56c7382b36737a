import { realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { printable } from '@p2pshare/base'

/** The sticky bit: in a folder that has it, such as /tmp, only its owner can replace a file. */
const STICKY = 0o1000
const WRITABLE_BY_OTHERS = 0o022

/**
 * How somebody else than the user could have written a file; undefined where that cannot be. The superuser may. On
 * Windows rights are lists that Node does not read, so nothing is said there: the file lies in the user's profile.
 * @param stat - of the file that was read, not of its name
 */
export function foreignHand(file: string, stat: Pick<Stats, 'uid' | 'mode'>): string | undefined {
  const me = process.getuid?.()
  if (me === undefined) return undefined
  const folder = dirname(realpathSync(file))
  return (
    handOf(stat, me, file) ?? handOf(statSync(folder), me, folder) // Whoever may write the folder can put another file in its place.
  )
}

function handOf({ uid, mode }: Pick<Stats, 'uid' | 'mode'>, me: number, path: string): string | undefined {
  if (uid !== me && uid !== 0) return `${printable(path)} belongs to another user`
  const isOpen = (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0
  return isOpen ? `others can write ${printable(path)}; chmod go-w on it` : undefined
}
