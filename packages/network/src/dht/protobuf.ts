import { concat } from 'uint8arrays/concat'

/** One field of a protobuf message: a varint as a number, the bytes of a length-delimited one (a view), or 64 bits. */
export type Field =
  | { number: number; varint: number }
  | { number: number; bytes: Uint8Array }
  | { number: number; fixed64: bigint }

/** A varint of at most 53 bits. */
export function varint(value: number): Uint8Array {
  const out: number[] = []
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
  return Uint8Array.from(out)
}

/** A varint field. */
export function varintField(number: number, value: number): Uint8Array {
  return concat([varint(number << 3), varint(value)])
}

/** A length-delimited field: bytes, text or a message. */
export function bytesField(number: number, value: Uint8Array): Uint8Array {
  return concat([varint((number << 3) | 2), varint(value.byteLength), value])
}

/** A field of 64 bits. */
export function fixed64Field(number: number, value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return concat([varint((number << 3) | 1), bytes])
}

/**
 * The fields of a message in order; fields of 32 bits are skipped.
 * @returns undefined when the bytes are no protobuf message
 */
export function readFields(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const tag = readVarint(bytes, at)
    if (tag === undefined || tag.value < 8) return undefined
    at = tag.end
    const number = Math.floor(tag.value / 8)
    const end = readValue(bytes, at, number, tag.value % 8, fields)
    if (end === undefined || end > bytes.byteLength) return undefined
    at = end
  }
  return fields
}

/** The value of a varint field; the last one counts, as the format says. */
export function lastVarint(fields: readonly Field[], number: number): number | undefined {
  const field = fields.findLast((each) => each.number === number && 'varint' in each)
  return field !== undefined && 'varint' in field ? field.varint : undefined
}

/** The value of a bytes field; the last one counts. */
export function lastBytes(fields: readonly Field[], number: number): Uint8Array | undefined {
  const field = fields.findLast((each) => each.number === number && 'bytes' in each)
  return field !== undefined && 'bytes' in field ? field.bytes : undefined
}

/** The value of a field of 64 bits; the last one counts. */
export function lastFixed64(fields: readonly Field[], number: number): bigint | undefined {
  const field = fields.findLast((each) => each.number === number && 'fixed64' in each)
  return field !== undefined && 'fixed64' in field ? field.fixed64 : undefined
}

/** Reads one value of a wire type, appends it and answers where it ends. */
function readValue(
  bytes: Uint8Array,
  at: number,
  number: number,
  type: number,
  out: Field[]
): number | undefined {
  if (type === 1) {
    if (at + 8 > bytes.byteLength) return undefined
    out.push({ number, fixed64: new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true) })
    return at + 8
  }
  if (type === 5) return at + 4
  const first = readVarint(bytes, at)
  if (first === undefined) return undefined
  if (type === 0) {
    out.push({ number, varint: first.value })
    return first.end
  }
  const end = first.end + first.value
  if (type !== 2 || end > bytes.byteLength) return undefined
  out.push({ number, bytes: bytes.subarray(first.end, end) })
  return end
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  let scale = 1
  // Ten bytes are the longest varint of the format; what exceeds 2^53 fits no field of ours.
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, end: at + 1 } : undefined
    scale *= 0x80
  }
  return undefined
}
