import { isIP } from 'node:net'
import { posix, win32 } from 'node:path'
import { z } from 'zod'

const MESSAGE = 'write an address and a port, such as 127.0.0.1:9464 or [::1]:9464, or none'

/** An address of this machine and a port there. */
export interface TcpAddress {
  /** An address in digits, without brackets. */
  host: string
  /** 1 to 65535. */
  port: number
}

/** Such as `127.0.0.1:9464`, `[::1]:9464` or `localhost:9464`; a port alone is of 127.0.0.1. No other names: what one stands for may change. */
export const tcpAddress = z
  .string(MESSAGE)
  .max(64, MESSAGE)
  .transform((text, context): TcpAddress | undefined => {
    if (/^none$/i.test(text)) return undefined
    const { host = '127.0.0.1', port = '' } =
      /^(?:(?<host>\[[^\]]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/.exec(text)?.groups ?? {}
    const bare = /^localhost$/i.test(host) ? '127.0.0.1' : host.replaceAll(/[[\]]/g, '')
    const isSound = isIP(bare) === (host.startsWith('[') ? 6 : 4)
    if (isSound && Number(port) >= 1 && Number(port) <= 65_535) return { host: bare, port: Number(port) }
    context.addIssue(MESSAGE)
    return z.NEVER
  })
  .optional()

/** A file by its whole path: the daemon runs in another folder than its user. */
export const wholePath = z
  .string('write the whole path of a file')
  .max(4096)
  .refine((path) => posix.isAbsolute(path) || win32.isAbsolute(path), 'write the whole path of the file')
