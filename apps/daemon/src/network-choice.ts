import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { NetworkChoice } from '@p2pshare/network'

/**
 * The network that the option names: `public`, `local`, or a key file of 64 hex digits, as one
 * line or in the form of libp2p's swarm keys (`/key/swarm/psk/1.0.0/`, `/base16/`, the digits).
 * @throws ShareError `daemon.bad-network-key`
 */
export function networkChoice(option: string): NetworkChoice {
  if (option === 'public' || option === 'local') return { kind: option }
  let text: string
  try {
    text = readFileSync(option, { encoding: 'utf8', flag: 'r' }).slice(0, 4096)
  } catch (error) {
    throw badKey(option, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
  const digits = /(?:^|\n)([0-9a-f]{64})\s*$/i.exec(text)?.[1]
  if (digits === undefined) throw badKey(option, 'does not hold a key of 64 hex digits')
  return { kind: 'private', key: Buffer.from(digits, 'hex'), name: basename(option) }
}

function badKey(option: string, why: string): ShareError {
  return new ShareError({
    code: 'daemon.bad-network-key',
    fault: 'daemon',
    message: `network "${printable(option)}" ${why}`,
    hint: 'Use public, local, or the path of a key file.'
  })
}
