import type { BigIntStats } from 'node:fs'
import { printable, ShareError } from '@p2pshare/base'

/** Something at the place of a file or folder of the share is no such thing. */
export function adoptMismatch(path: string, stat: BigIntStats, expected: 'file' | 'folder'): ShareError {
  return new ShareError({
    code: 'storage.adopt-mismatch',
    fault: 'user',
    message: `${printable(path)} is a ${kindOf(stat)}, where the share has a ${expected}; nothing was changed`,
    hint: 'Move it away and resume, or remove the share and choose another target with -o.',
    detail: { path }
  })
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return 'folder'
  if (stat.isFile()) return 'file'
  return stat.isSymbolicLink() ? 'link' : 'special file'
}

/** Files at the target hold bytes that would be lost. */
export function adoptDiffers(paths: readonly string[], files: number): ShareError {
  const [first = ''] = paths
  const others = paths.length === 1 ? '' : `, and ${paths.length - 1} more of ${files} files`
  return new ShareError({
    code: 'storage.adopt-differs',
    fault: 'user',
    message: `${printable(first)}${others}: what is there is not what the share has; nothing was changed`,
    hint: 'Repeat it with --adopt --force: files that are partly right are repaired, others kept as <name>.replaced-1. Or move them away.',
    detail: { path: first, count: paths.length }
  })
}

/** A file that is not complete cannot be written to. */
export function adoptReadOnly(path: string, cause: unknown): ShareError {
  return new ShareError({
    code: 'storage.not-writable',
    fault: 'disk',
    message: `${printable(path)} is not complete, and cannot be written to; nothing was changed`,
    hint: 'Change its permissions and resume, or choose another target with -o.',
    detail: { path },
    cause
  })
}
