import { open, readFile, rename, rm, stat, chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomBytes } from 'node:crypto'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'

/** An Ed25519 key in libp2p's protobuf form has 68 bytes; anything far from that is not one. */
const MAX_KEY_FILE = 1024

/**
 * Reads this node's Ed25519 key, or makes one at the first start. The file holds libp2p's
 * `PrivateKey` protobuf and is readable by its owner only; wider permissions are taken back, and
 * the log says so.
 *
 * @throws ShareError `network.bad-key-file` when the file is there but is no Ed25519 key, or can't be read or written
 */
export async function loadOrCreateKey(path: string, log: Log): Promise<PrivateKey> {
  const bytes = await readKeyFile(path)
  if (bytes === undefined) {
    const key = await generateKeyPair('Ed25519')
    await writeKeyFile(path, privateKeyToProtobuf(key))
    return key
  }
  await tighten(path, log)
  return parseKey(path, bytes)
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

/** Temporary file, fsync, rename, fsync of the folder: after a crash the key is whole or absent. */
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
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw badKeyFile(path, 'it cannot be written', error)
  }
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
    message: `The node's key file ${path} is not usable: ${why}.`,
    hint: 'Restore it from a backup, or move it away: the next start then makes a new key, and with it a new peer id.',
    ...(cause === undefined ? {} : { cause })
  })
}
