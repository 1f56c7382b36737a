/** Bytes of a private network's key. */
export const NETWORK_KEY_LENGTH = 32
/** Characters of a key file that are looked at; a key's own text has 95. */
const LONGEST = 4096

/**
 * The text of a key file: that of libp2p's swarm keys (specs/pnet/Private-Networks-PSK-V1), so that other programs
 * can read it.
 */
export function formatNetworkKey(key: Uint8Array): string {
  const digits = Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `/key/swarm/psk/1.0.0/\n/base16/\n${digits}\n`
}

/** Reads a key file: 64 hex digits on its last line, alone or under the two lines of a swarm key; else undefined. */
export function parseNetworkKey(text: string): Uint8Array | undefined {
  const whole = /^(?:\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n)?([0-9a-f]{64})\s*$/i
  const digits = whole.exec(text.slice(0, LONGEST).trimStart())?.[1]
  if (digits === undefined || text.length > LONGEST) return undefined
  return Uint8Array.from({ length: NETWORK_KEY_LENGTH }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  )
}

/** Whether a word names a private network whose key lies in the home; anything else is the path of a key file. */
export function isNetworkName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(text) && !RESERVED.has(text.toLowerCase())
}

/** The two networks that need no key. */
const RESERVED: ReadonlySet<string> = new Set(['public', 'local'])
