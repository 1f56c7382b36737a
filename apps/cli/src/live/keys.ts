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

/** Reads what the keyboard sends, a few bytes at a time. */
export function readBytes(keys: KeyStream | undefined, onData: (data: Uint8Array) => void): () => void {
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
