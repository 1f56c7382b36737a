import type { KeyValueStore } from '@p2pshare/ports'

/** Reads a JSON object; what is not there, or damaged, is empty. */
export function readJson(values: KeyValueStore, key: string): Record<string, unknown> {
  const value = values.get(key)
  return value === undefined ? {} : jsonObject(value)
}

/** Bytes of a JSON object; empty when they are none. */
export function jsonObject(value: Uint8Array): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(value))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A JSON object as bytes. */
export function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
