import { printable, ShareError } from '@p2pshare/base'

export function noSuchPath(path: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'storage.no-such-path',
    fault: 'user',
    message: `there is no ${printable(path)}`,
    hint: 'Check the spelling and the current folder.',
    detail: { path },
    cause
  })
}

/** @param kind - what is there, in words */
export function notShareable(path: string, kind: string): ShareError {
  return new ShareError({
    code: 'storage.not-shareable',
    fault: 'user',
    message: `${printable(path)} is ${kind}; only files and folders can be shared`,
    hint: 'Name a file or a folder.',
    detail: { path }
  })
}

export function ownData(path: string, own: string): ShareError {
  return new ShareError({
    code: 'storage.own-data',
    fault: 'user',
    message: `${printable(path)} holds, or lies in, the daemon's own data (${printable(own)}), which is never shared`,
    hint: 'Share a folder that does not touch it, or move the data with --home.',
    detail: { path, own }
  })
}

export function changedWhileReading(path: string): ShareError {
  return new ShareError({
    code: 'storage.changed-while-reading',
    fault: 'disk',
    message: `${printable(path)} was changed while it was read, twice`,
    hint: 'Wait until nothing writes to it any more, then seed it again.',
    detail: { path }
  })
}

export function aborted(cause: unknown): ShareError {
  return new ShareError({
    code: 'network.aborted',
    fault: 'user',
    message: 'hashing was stopped',
    hint: 'Seed the path again to go on.',
    cause
  })
}
