import { printable, ShareError } from '@p2pshare/base'

/** Bytes of a socket's path: systems end between 104 and 108, the ending zero included. */
const SOCKET_PATH_BYTES = 100

/** Whether this names a Windows pipe, which is no file. */
export const isPipe = (path: string): boolean => path.startsWith('\\\\')

/** Refuses what the system could neither listen at nor connect to. @throws ShareError `control.socket-path-too-long` */
export function checkSocketPath(path: string): void {
  const length = Buffer.byteLength(path)
  if (isPipe(path) || length <= SOCKET_PATH_BYTES) return
  throw new ShareError({
    code: 'control.socket-path-too-long',
    fault: 'user',
    message: `the socket path is ${length} bytes long, over the system's limit: ${printable(path, 120)}`,
    hint: `Choose a home with a shorter path (--home): the socket's path may have ${SOCKET_PATH_BYTES} bytes.`,
    detail: { length, limit: SOCKET_PATH_BYTES }
  })
}
