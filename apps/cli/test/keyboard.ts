import type { KeyStream } from '../src/live/keys.ts'

/** A keyboard that a test presses. */
export class Keyboard implements KeyStream {
  readonly isTTY = true
  readonly modes: boolean[] = []
  #onData: ((data: Uint8Array) => void) | undefined

  setRawMode(raw: boolean): void {
    this.modes.push(raw)
  }

  on(_event: 'data', run: (data: Uint8Array) => void): void {
    this.#onData = run
  }

  off(): void {
    this.#onData = undefined
  }

  resume(): void {
    // Nothing comes but what a test presses.
  }

  pause(): void {
    // As above.
  }

  press(keys: string | Uint8Array): void {
    this.#onData?.(Buffer.from(keys as string))
  }
}
