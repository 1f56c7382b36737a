import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** How much of a log is kept (reliability.md section 5): bytes a file, and files. */
export const LOG_LIMITS = { size: 10 * 1024 * 1024, files: 5 } as const

/**
 * A file that takes lines and never grows over a limit: a full one becomes `<file>.1`, that one `<file>.2`, and the
 * last is deleted. Writes at once, so that a crash loses nothing. What cannot be written is dropped: a full disk must
 * not end the daemon.
 */
export class LogFile {
  readonly #path: string
  readonly #limits: { size: number; files: number }
  #file: number
  #size: number

  /** @throws what `openSync` throws when the file cannot be opened */
  constructor(path: string, limits: { size: number; files: number } = LOG_LIMITS) {
    this.#path = path
    this.#limits = limits
    this.#file = openSync(path, 'a', 0o600)
    this.#size = fstatSync(this.#file).size
  }

  /** Takes one line with its end. */
  write(line: string): void {
    try {
      if (this.#size > 0 && this.#size + line.length > this.#limits.size) this.#turn()
      this.#size += writeSync(this.#file, line)
    } catch {
      // No space, or the disk is gone; there is nowhere to say so.
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #turn(): void {
    const name = (i: number): string => (i === 0 ? this.#path : `${this.#path}.${i}`)
    closeSync(this.#file)
    const last = this.#limits.files - 1
    rmSync(name(last), { force: true })
    for (let i = last - 1; i >= 0; i--) moved(name(i), name(i + 1))
    this.#file = openSync(this.#path, 'a', 0o600)
    this.#size = fstatSync(this.#file).size
  }
}

/** Renames what is there. */
function moved(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // Not written yet.
  }
}
