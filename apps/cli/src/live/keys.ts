import { EventEmitter } from 'node:events'
import { emitKeypressEvents, type Interface } from 'node:readline'
import { atEnd } from './at-end.ts'

/** A keyboard, as far as keys are read one by one. */
export interface KeyStream {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  on(event: 'data', run: (data: Uint8Array) => void): unknown
  off(event: 'data', run: (data: Uint8Array) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** What Ctrl-C gives while keys are read. */
export const CTRL_C = '\u0003'

/**
 * Reads keys one by one, without showing them. Does nothing where there is no keyboard: Ctrl-C is a signal then.
 * @returns gives the keyboard back; the process' end does so by itself
 */
export function readKeys(keys: KeyStream | undefined, onKey: (key: string) => void): () => void {
  return readBytes(keys, (data) => {
    for (const byte of data) onKey(String.fromCharCode(byte))
  })
}

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
 * As {@link readKeys}, with keys that send several bytes put together; those that came at once are told at once. Node
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

function readBytes(keys: KeyStream | undefined, onData: (data: Uint8Array) => void): () => void {
  if (!canReadKeys(keys)) return () => undefined
  keys.setRawMode(true)
  keys.on('data', onData)
  keys.resume()
  return atEnd(() => {
    keys.off('data', onData)
    keys.setRawMode(false)
    keys.pause()
  })
}

/** Whether there is a keyboard whose keys can be read one by one. */
export function canReadKeys(
  keys: KeyStream | undefined
): keys is KeyStream & Required<Pick<KeyStream, 'setRawMode'>> {
  return keys?.isTTY === true && keys.setRawMode !== undefined
}
