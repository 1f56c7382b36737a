import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Bytes read at a time, and of the file's end at most. */
const CHUNK = 64 * 1024
const LONGEST = 16 * 1024 * 1024
/** How often is looked for new lines, ms: changes of a file are not told on every system. */
const LOOK = 200

/** The last lines of a file, and where it ended; undefined where there is none. */
export function lastLines(path: string, count: number): { lines: string[]; end: number } | undefined {
  const file = opened(path)
  if (file === undefined) return undefined
  try {
    const end = fstatSync(file).size
    let text = Buffer.alloc(0)
    let from = end
    while (from > 0 && text.byteLength < LONGEST && occurrences(text) <= count) {
      const start = Math.max(0, from - CHUNK)
      text = Buffer.concat([readAt(file, start, from - start), text])
      from = start
    }
    const lines = text.toString('utf8').split('\n')
    // What stands before the first end of a line is only part of one, unless the file begins there.
    if (from > 0) lines.shift()
    return { lines: lines.filter((line) => line !== '').slice(-count), end }
  } finally {
    closeSync(file)
  }
}

/** Calls `take` with each line written after `from`, until `signal`; a file begun anew is followed, too. */
export async function followLines(
  path: string,
  from: number,
  take: (line: string) => void,
  signal: AbortSignal
): Promise<void> {
  let at = from
  let rest = ''
  while (!signal.aborted) {
    const file = opened(path)
    if (file !== undefined) {
      try {
        const { size } = fstatSync(file)
        if (size < at) [at, rest] = [0, '']
        const text = readAt(file, at, Math.min(size - at, LONGEST)).toString('utf8')
        at += Math.min(size - at, LONGEST)
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        lines.filter((line) => line !== '').forEach(take)
      } finally {
        closeSync(file)
      }
    }
    await pause(LOOK, undefined, { signal }).catch(() => undefined)
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, position))
}

function occurrences(text: Buffer): number {
  let count = 0
  for (let i = text.indexOf(10); i >= 0; i = text.indexOf(10, i + 1)) count++
  return count
}
