import { open, rm } from 'node:fs/promises'

const MiB = 1024 * 1024

/**
 * Writes `bytes` to a file and deletes it, so that the page cache has memory that was touched before: on virtual
 * machines the first touch costs the writer up to 3.5 s a GiB.
 */
export async function touchMemory(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w')
  const chunk = new Uint8Array(MiB)
  for (let at = 0; at < bytes; at += MiB) await file.write(chunk)
  await file.close()
  await rm(path)
}
