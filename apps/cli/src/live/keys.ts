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
  if (keys?.isTTY !== true || keys.setRawMode === undefined) return () => undefined
  const onData = (data: Uint8Array): void => {
    for (const byte of data) onKey(String.fromCharCode(byte))
  }
  keys.setRawMode(true)
  keys.on('data', onData)
  keys.resume()
  return atEnd(() => {
    keys.off('data', onData)
    keys.setRawMode?.(false)
    keys.pause()
  })
}
