import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemTool } from './system-tool.ts'
import { tempFolder } from './temp-folder.ts'

/** A small file system of its own. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string
  mount(): void
  /** What is on it is gone then. */
  unmount(): void
  /** Unmounts it, and removes the folder. */
  dispose(): void
}

/** A tmpfs with the options of `mount`, or why there is none. */
export function smallDisk(options: string): SmallDisk | string {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'mounting a tmpfs needs root on Linux'
  const folder = tempFolder()
  const path = join(folder.path, 'disk')
  mkdirSync(path)
  let mounted = false
  const mount = (): void => {
    if (!mounted) systemTool('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path)
    mounted = true
  }
  const unmount = (): void => {
    if (mounted) systemTool('umount', '-l', path)
    mounted = false
  }
  const dispose = (): void => {
    unmount()
    folder.remove()
  }
  try {
    mount()
  } catch {
    folder.remove()
    return 'this machine does not let us mount a tmpfs'
  }
  return { path, mount, unmount, dispose }
}
