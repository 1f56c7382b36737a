import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MiB, printable, ShareError } from '@p2pshare/base'
import type { Surroundings } from '../terminal.ts'

/** Bytes of a list: a hundred thousand long paths. */
const MAX_LIST = 32 * MiB

/**
 * Reads paths from a file, or with `-` from standard input: one a line, or a zero byte after each if there is any, as
 * `find -print0` and `git ls-files -z` have it. Empty lines are passed over.
 * @throws ShareError `cli.bad-list`
 */
export async function readPathList(
  file: string,
  { cwd, input }: Pick<Surroundings, 'cwd' | 'input'>
): Promise<string[]> {
  const shown = file === '-' ? 'standard input' : printable(file)
  const content = await readAll(file === '-' ? (input ?? emptyInput()) : fileAt(resolve(cwd, file)), shown)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch (cause) {
    throw badList(`the list of paths (${shown}) is not UTF-8 text`, cause)
  }
  const lines = text.includes('\0') ? text.split('\0') : text.split(/\r?\n/)
  return lines.filter((line) => line !== '')
}

async function readAll(source: AsyncIterable<Uint8Array>, shown: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of source) {
      size += part.byteLength
      if (size > MAX_LIST) break
      parts.push(part)
    }
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw badList(`the list of paths (${shown}) cannot be read${why}`, cause)
  }
  if (size > MAX_LIST) throw badList(`the list of paths (${shown}) is larger than ${MAX_LIST / MiB} MiB`)
  return Buffer.concat(parts)
}

async function* fileAt(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path)
  for await (const part of file.createReadStream()) yield part as Uint8Array
}

async function* emptyInput(): AsyncGenerator<Uint8Array> {}

function badList(message: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'cli.bad-list',
    fault: 'user',
    message,
    hint: 'Give a text file with one path a line.',
    cause
  })
}
