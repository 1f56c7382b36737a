import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isNetworkName, parseNetworkKey, printable, ShareError } from '@p2pshare/base'
import { smallFileText } from '@p2pshare/control'
import type { NetworkChoice } from '@p2pshare/network'

/** Bytes that a key file may have, many times what one has. */
const LONGEST_KEY_FILE = 4096

/**
 * The network that the option names: `public`, `local`, the name of a private network whose key lies in the home
 * (`p2pshare network create`), or the path of a key file.
 *
 * @param folder - where the home keeps keys
 * @throws ShareError `daemon.bad-network-key`
 */
export function networkChoice(option: string, folder: string): NetworkChoice {
  if (option === 'public' || option === 'local') return { kind: option }
  const named = isNetworkName(option)
  const file = named ? join(folder, `${option}.key`) : option
  let text: string | undefined
  try {
    text = smallFileText(file, LONGEST_KEY_FILE)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (named && code === 'ENOENT') throw unknownNetwork(option, folder)
    throw badKey(option, `cannot be read (${code ?? 'unknown error'})`)
  }
  const key = text === undefined ? undefined : parseNetworkKey(text)
  if (key === undefined) throw badKey(option, 'does not hold a key of 64 hex digits')
  return { kind: 'private', key, name: named ? option : basename(option) }
}

function unknownNetwork(name: string, folder: string): ShareError {
  const known = knownNetworks(folder)
  const those = known.length === 0 ? 'there is none yet' : `there are: ${known.join(', ')}`
  return badKey(
    name,
    `is no private network of this home (${those})`,
    'Make it with `p2pshare network create`, take its key file with `p2pshare network add`, or write ./ before a path.'
  )
}

/** At most ten names. */
function knownNetworks(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.key'))
    return names.slice(0, 10).map((name) => printable(name.slice(0, -'.key'.length), 64))
  } catch {
    return []
  }
}

function badKey(
  option: string,
  why: string,
  hint = 'Use public, local, the name of a private network, or the path of its key file.'
): ShareError {
  return new ShareError({
    code: 'daemon.bad-network-key',
    fault: 'daemon',
    message: `network "${printable(option)}" ${why}`,
    hint
  })
}
