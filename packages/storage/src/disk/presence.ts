import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { statPath } from './plain-file.ts'

/** See `ShareFiles.isMounted`. A mount point is on another disk than the folder around it. */
export async function isMounted(mount: string): Promise<boolean> {
  const above = dirname(mount)
  try {
    const here = await stat(mount, { bigint: true })
    if (!here.isDirectory()) return false
    return above === mount || (await stat(above, { bigint: true })).dev !== here.dev
  } catch {
    // Gone, or a network disk whose server is.
    return false
  }
}

/** See `ShareFiles.look`. */
export async function look(path: string): Promise<string | undefined> {
  const found = await statPath(path).catch(() => undefined)
  return found === undefined ? undefined : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`
}
