import { randomBytes } from 'node:crypto'
import { mkdirSync, openSync, fsyncSync, closeSync, readdirSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  formatNetworkKey,
  isNetworkName,
  NETWORK_KEY_LENGTH,
  parseNetworkKey,
  printable,
  ShareError
} from '@p2pshare/base'
import { smallFileText } from '@p2pshare/control/client'
import { usageError } from './exit-code.ts'

const ENDING = '.key'
/** Bytes that a key file may have, many times what one has. */
const LONGEST_KEY_FILE = 4096

/** A private network whose key lies in the home. */
export interface KnownNetwork {
  name: string
  /** Its key file, absolute. */
  path: string
}

/** @throws ShareError `cli.usage` unless the word can name a private network */
export function checkedNetworkName(name: string): string {
  if (isNetworkName(name)) return name
  throw usageError(
    `${printable(name, 60)} cannot name a private network`,
    'Take 1 to 64 letters, digits, - or _; public and local are taken.'
  )
}

/** A new key, from the system's source of randomness. */
export function newNetworkKey(): Uint8Array {
  return randomBytes(NETWORK_KEY_LENGTH)
}

/** Reads a key file that somebody gave the user. @throws ShareError `cli.bad-network-key` */
export function readNetworkKey(path: string): Uint8Array {
  let text: string | undefined
  try {
    text = smallFileText(path, LONGEST_KEY_FILE)
  } catch (error) {
    throw badKey(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, error)
  }
  const key = text === undefined ? undefined : parseNetworkKey(text)
  if (key === undefined) throw badKey(path, 'does not hold a network key')
  return key
}

/**
 * Writes a key for its owner only, and never over another one: whoever loses a key loses the network.
 * @throws ShareError `cli.network-exists`, `cli.network-not-written`
 */
export function writeNetworkKey(path: string, key: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, formatNetworkKey(key))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'EEXIST' ? existing(path) : notWritten(path, code)
  }
}

/** Where the home keeps the key of a network. */
export function networkKeyPath(folder: string, name: string): string {
  return join(folder, `${name}${ENDING}`)
}

/** The networks whose keys lie in a folder, by name. */
export function knownNetworks(folder: string): KnownNetwork[] {
  let files: string[]
  try {
    files = readdirSync(folder)
  } catch {
    return []
  }
  return files
    .filter((file) => file.endsWith(ENDING) && isNetworkName(file.slice(0, -ENDING.length)))
    .sort()
    .map((file) => ({ name: file.slice(0, -ENDING.length), path: join(folder, file) }))
}

function existing(path: string): ShareError {
  return new ShareError({
    code: 'cli.network-exists',
    fault: 'user',
    message: `${printable(path)} exists already; a key is never overwritten`,
    hint: 'Choose another name, or use that network: p2pshare network list.'
  })
}

function notWritten(path: string, code: string | undefined): ShareError {
  return new ShareError({
    code: 'cli.network-not-written',
    fault: 'disk',
    message: `${printable(path)} cannot be written (${code ?? 'unknown error'})`,
    hint: 'Check the rights of the folder and the space on its disk.'
  })
}

function badKey(path: string, why: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'cli.bad-network-key',
    fault: 'user',
    message: `${printable(path)} ${why}`,
    hint: 'Ask for the file that `p2pshare network create` made, whole.',
    ...(cause === undefined ? {} : { cause })
  })
}
