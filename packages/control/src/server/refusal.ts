import type { ShareError } from '@p2pshare/base'
import { toErrorBody } from '../protocol.ts'

/** A whole answer that refuses a call, for who answers without reading it; less than 1 KiB. */
export function refusal(error: ShareError): Uint8Array {
  const body = JSON.stringify({ error: toErrorBody(error) })
  const head = [
    'HTTP/1.1 403 Forbidden',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close'
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
