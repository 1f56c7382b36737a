import { fstatSync, writeSync } from 'node:fs'
import { ShareError } from '@p2pshare/base'
import { EXIT } from './exit-code.ts'
import type { TextStream } from './terminal.ts'

/** What a stream of the process has besides; a part of `NodeJS.WriteStream`. */
export interface ProcessStream extends TextStream {
  readonly fd: number
  on(event: 'error' | 'resize', run: (error: Error) => void): unknown
}

/**
 * A stream of the process that tells when it can't be written to. Node writes to a file once and takes what a nearly
 * full disk left out for written; here a file gets all of it, or `onBroken` is called.
 */
export function wholeOutput(stream: ProcessStream, onBroken: (error: Error) => void): TextStream {
  stream.on('error', onBroken)
  if (stream.isTTY === true || !isFile(stream.fd)) return stream
  return {
    write(data) {
      try {
        writeWhole(stream.fd, typeof data === 'string' ? Buffer.from(data) : data)
      } catch (error) {
        onBroken(error as Error)
      }
      return true
    }
  }
}

/** A file or a device: what is neither a terminal nor a pipe, which Node waits for itself. */
function isFile(fd: number): boolean {
  try {
    const stats = fstatSync(fd)
    return stats.isFile() || stats.isCharacterDevice()
  } catch {
    return false
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at)
}

/** Whether nobody reads any more. */
export function isClosed(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE'
}

/** What a command that cannot write its output ends with. */
export interface BrokenOutput {
  readonly code: number
  /** What to say; nothing where nobody is left to be told. */
  readonly error?: ShareError
}

/**
 * What it means that stdout takes no more: its reader has enough (`| head`), the terminal is gone, or a disk is full.
 * @param unread - the exit code of the command when its reader leaves
 */
export function brokenOutput(error: Error, isTerminal: boolean, unread: number): BrokenOutput {
  const { code } = error as NodeJS.ErrnoException
  if (isClosed(error) || isTerminal) return { code: unread }
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return {
    code: EXIT.disk,
    error: new ShareError({
      code: 'cli.output-failed',
      fault: 'disk',
      message: full
        ? 'what the command has to say was not written: the disk is full'
        : `what the command has to say was not written: ${code ?? 'stdout failed'}`,
      hint: 'What is in the file now is not all of it. Make space, or send it elsewhere.',
      cause: error
    })
  }
}
