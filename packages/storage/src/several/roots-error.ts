import { printable, ShareError } from '@p2pshare/base'

/** Paths in one share. */
export const MAX_ROOTS = 10_000

export function tooManyRoots(count: number): ShareError {
  return new ShareError({
    code: 'storage.too-many-paths',
    fault: 'user',
    message: `${count} paths are too many for one share; it can have ${MAX_ROOTS}`,
    hint: 'Put them into a folder, or share the folder that they are in.',
    detail: { limit: MAX_ROOTS }
  })
}

export function unusableName(path: string, why: string): ShareError {
  return new ShareError({
    code: 'storage.unusable-name',
    fault: 'user',
    message: `${printable(path)} cannot be an entry of a share: ${why}`,
    hint: 'Give it another name, or share the folder that it is in.',
    detail: { path }
  })
}

/** @param same - whether the names are one and the same, or would only be so on some systems */
export function sameName(one: string, other: string, same: boolean): ShareError {
  return new ShareError({
    code: 'storage.same-name',
    fault: 'user',
    message: same
      ? `${printable(one)} and ${printable(other)} would have the same name in the share`
      : `the names of ${printable(one)} and ${printable(other)} differ only in case or in how accents are written; some systems cannot hold both`,
    hint: 'Rename one of them, or make a share of each.',
    detail: { one, other }
  })
}

export function pathTwice(one: string, other: string): ShareError {
  return new ShareError({
    code: 'storage.path-inside',
    fault: 'user',
    message:
      one === other
        ? `${printable(one)} is named twice`
        : `${printable(other)} lies in ${printable(one)}, so that it would be in the share twice`,
    hint: 'Name only one of them.',
    detail: { one, other }
  })
}
