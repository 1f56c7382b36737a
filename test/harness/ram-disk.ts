import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A small file system of its own. */
export interface RamDisk extends Disposable {
  /** Makes it read-only, or writable again. */
  setWritable(writable: boolean): void
}

/** Why {@link mountRamDisk} can't work here; undefined when it can. */
export const noRamDisk: string | undefined =
  process.platform !== 'linux'
    ? 'mounting a tmpfs is for Linux'
    : process.getuid?.() === 0 && mayMount()
      ? undefined
      : 'mounting a tmpfs takes root'

/** Containers may keep even root from mounting. */
function mayMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Mounts a tmpfs of so many bytes at `path`, which is made; disposing unmounts it. */
export function mountRamDisk(path: string, size: number): RamDisk {
  mkdirSync(path, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path])
  return {
    setWritable: (writable) => void execFileSync('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, path]),
    // Lazy: a daemon that the test left running must not keep the folder.
    [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', path])
  }
}
