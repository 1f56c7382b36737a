import { printable, ShareError } from '@p2pshare/base'

/**
 * Makes or opens what the daemon, or a command that calls one, needs in its home.
 * @param path - what is made, for the message
 * @throws ShareError `daemon.home-unusable` when the disk refuses; ShareErrors of `make` as they are
 */
export function inHome<T>(path: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof ShareError) throw error
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ShareError({
      code: 'daemon.home-unusable',
      fault: 'daemon',
      message: `${printable(path, 4096)} cannot be made or written (${code})`,
      hint: 'Check the rights and the disk of the home, or choose another one with --home.',
      cause: error
    })
  }
}
