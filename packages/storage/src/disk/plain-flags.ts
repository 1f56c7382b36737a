import { constants } from 'node:fs'

/**
 * Flags with which files are opened: symbolic links are not followed, FIFOs and devices do not block. Windows knows
 * neither flag; there symbolic links need a privilege, and FIFOs are no paths.
 */
export const PLAIN_FLAGS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Mode of new files, before the umask: never executable (reliability C14). */
export const FILE_MODE = 0o644
