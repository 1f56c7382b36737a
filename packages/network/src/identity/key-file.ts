import { chmod, link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomBytes } from 'node:crypto'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { printable, ShareError } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'

/** An Ed25519 key in libp2p's protobuf form has 68 bytes; anything far from that is not one. */
const MAX_KEY_FILE = 1024

/**
 * Reads this node's Ed25519 key, or makes one at the first start. The file holds libp2p's
 * `PrivateKey` protobuf and is readable by its owner only; wider permissions are taken back, and
 * the log says so.
 *
 * @throws ShareError `network.bad-key-file` when the file is there but is no Ed25519 key, or can't be read;
 *   `network.key-file-not-written`
 */
export async function loadOrCreateKey(path: string, log: Log): Promise<PrivateKey> {
  const bytes = await readKeyFile(path)
  if (bytes === undefined) return makeKey(path)
  await tighten(path, log)
  return parseKey(path, bytes)
}

/** Two commands at once may both find none; the key that was there first is that of both. */
async function makeKey(path: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  await writeKeyFile(path, privateKeyToProtobuf(key))
  const kept = await readKeyFile(path)
  return kept === undefined ? key : parseKey(path, kept)
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  try {
    if ((await stat(path)).size > MAX_KEY_FILE) throw badKeyFile(path, 'it is too long for a key')
    return await readFile(path)
  } catch (error) {
    if (error instanceof ShareError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw badKeyFile(path, 'it cannot be read', error)
  }
}

function parseKey(path: string, bytes: Uint8Array): PrivateKey {
  try {
    const key = privateKeyFromProtobuf(bytes)
    if (key.type === 'Ed25519') return key
  } catch (error) {
    throw badKeyFile(path, 'its content is damaged', error)
  }
  throw badKeyFile(path, 'it holds another kind of key than Ed25519')
}

async function tighten(path: string, log: Log): Promise<void> {
  if (process.platform === 'win32') return
  const mode = (await stat(path)).mode & 0o777
  if ((mode & 0o077) === 0) return
  await chmod(path, 0o600)
  log.warn({ path, mode: mode.toString(8) }, 'the key file was readable by others; its mode is 600 now')
}

/** Temporary file, fsync, its name, fsync of the folder: after a crash the key is whole or absent. */
async function writeKeyFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await place(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    // What could not be made need not be taken away.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw notWritten(path, error)
  }
}

/** Gives the file its name, unless another one has it. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    // Some file systems have no hard links; there the last one stays.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return rename(temporary, path)
  }
  await rm(temporary, { force: true })
}

async function syncFolder(path: string): Promise<void> {
  // Windows can't open folders; its rename is journalled by the file system.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function badKeyFile(path: string, why: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'network.bad-key-file',
    fault: 'user',
    message: `The node's key file ${printable(path, 4096)} is not usable: ${why}.`,
    hint: 'Restore it from a backup, or move it away: the next start then makes a new key, and with it a new peer id.',
    ...(cause === undefined ? {} : { cause })
  })
}

function notWritten(path: string, cause: unknown): ShareError {
  return new ShareError({
    code: 'network.key-file-not-written',
    fault: 'disk',
    message: `The key file ${printable(path, 4096)} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}).`,
    hint: 'Check the rights and the disk of the home, or choose another one with --home.',
    cause
  })
}
