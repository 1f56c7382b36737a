import { EventEmitter } from 'node:events'
import { emitKeypressEvents, type Interface } from 'node:readline'
import { type KeyStream, readBytes } from './keys.ts'

/** A key with what it means to a terminal. */
export interface Key {
  /** `up`, `return`, `escape`, `space`, `a`; empty where it has none. */
  readonly name: string
  /** What it writes, if it writes anything. */
  readonly text: string
  readonly ctrl: boolean
}

/** Milliseconds after which an escape alone is the key and not the beginning of another one. */
const ESCAPE_MS = 50

/**
 * Reads keys without showing them, as `readKeys` does, with keys that send several bytes put together; those that came at once are told at once. Node
 * knows what terminals send.
 */
export function readNamedKeys(
  keys: KeyStream | undefined,
  onKeys: (keys: readonly Key[]) => void
): () => void {
  const decoder = new EventEmitter()
  let together: Key[] | undefined
  decoder.on('keypress', (text: string | undefined, { name = '', ctrl, meta }: NodeKey) => {
    const writes = !ctrl && !meta && text !== undefined && /^[^\p{Cc}]$/u.test(text)
    const key = { name, ctrl, text: writes ? text : '' }
    if (together === undefined) onKeys([key])
    else together.push(key)
  })
  const timing = { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface
  emitKeypressEvents(decoder as unknown as NodeJS.ReadableStream, timing)
  return readBytes(keys, (data) => {
    const all: Key[] = []
    together = all
    decoder.emit('data', data)
    together = undefined
    if (all.length > 0) onKeys(all)
  })
}

interface NodeKey {
  name?: string | undefined
  ctrl: boolean
  meta: boolean
}
