import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/**
 * The text of a small file that a user named, such as a key: never a device or a pipe, which might have no end or let
 * nobody go on.
 * @param most - bytes that it may have
 * @returns undefined where it is larger, or no file
 * @throws the system's error where it cannot be opened or read
 */
export function smallFileText(path: string, most: number): string | undefined {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    if (!fstatSync(file).isFile()) return undefined
    const bytes = Buffer.alloc(most + 1)
    let size = 0
    for (let read = -1; read !== 0 && size < bytes.byteLength; size += read) {
      read = readSync(file, bytes, size, bytes.byteLength - size, size)
    }
    return size > most ? undefined : bytes.toString('utf8', 0, size)
  } finally {
    closeSync(file)
  }
}
