import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from './temp-folder.ts'

/** The class behind file handles, which node:fs does not export. */
export async function handlePrototype(): Promise<FileHandle> {
  const folder = tempFolder()
  const handle = await open(join(folder.path, 'x'), 'w')
  await handle.close()
  folder.remove()
  return Object.getPrototypeOf(handle) as FileHandle
}
