/** Result codes of RFC 6886, section 3.5, in words. */
const RESULTS: Readonly<Record<number, string>> = {
  1: 'it does not speak this version',
  2: 'it does not allow it',
  3: 'it has no address outside',
  4: 'it has no free ports',
  5: 'it does not know this request'
}

const VERSION = 0
/** Added to the number of a request in its answer. */
const ANSWER = 128

/** Numbers of requests. */
export const NAT_PMP_OP = { address: 0, mapTcp: 2 } as const

/** What a router answered. */
export type NatPmpAnswer =
  | { kind: 'address'; host: string }
  | { kind: 'mapped'; internalPort: number; externalPort: number; lifetimeSeconds: number }
  | { kind: 'refused'; text: string }

/** Asks for the address outside. */
export function addressRequest(): Buffer {
  return Buffer.from([VERSION, NAT_PMP_OP.address])
}

/** Asks for a TCP port; a lifetime of 0 and an outside port of 0 take it back (RFC 6886, 3.4). */
export function mapRequest(internalPort: number, externalPort: number, lifetimeSeconds: number): Buffer {
  const request = Buffer.alloc(12)
  request.writeUInt8(VERSION, 0)
  request.writeUInt8(NAT_PMP_OP.mapTcp, 1)
  request.writeUInt16BE(internalPort, 4)
  request.writeUInt16BE(externalPort, 6)
  request.writeUInt32BE(lifetimeSeconds, 8)
  return request
}

/**
 * Reads an answer to the request with number `op`.
 * @returns undefined for what is none, or one to another request
 */
export function readAnswer(bytes: Uint8Array, op: number): NatPmpAnswer | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < 4 || view.length > 64 || view[0] !== VERSION || view[1] !== op + ANSWER) return undefined
  const code = view.readUInt16BE(2)
  if (code !== 0) return { kind: 'refused', text: RESULTS[code] ?? `it answers with code ${code}` }
  if (op === NAT_PMP_OP.address)
    return view.length < 12 ? undefined : { kind: 'address', host: view.subarray(8, 12).join('.') }
  if (view.length < 16) return undefined
  return {
    kind: 'mapped',
    internalPort: view.readUInt16BE(8),
    externalPort: view.readUInt16BE(10),
    lifetimeSeconds: view.readUInt32BE(12)
  }
}
