import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onHost } from '../namespace-host.ts'
import type { WideHost } from './wide-network.ts'

const PROGRAM = fileURLToPath(new URL('tcp-stream.ts', import.meta.url))

/** Who sends, who receives, and how much. */
export interface PlainTransfer {
  from: WideHost
  to: WideHost
  bytes: number
  /** Gives up after so many ms. */
  limit: number
}

/**
 * Seconds that one plain TCP stream takes for some bytes out of memory, without disk, hash or encryption: from before
 * the connection to the last byte.
 * @throws when it takes longer than the limit
 */
export async function plainTcp({ from, to, bytes, limit }: PlainTransfer): Promise<number> {
  const signal = AbortSignal.timeout(limit)
  const sender = start(from, ['send', from.address, String(bytes)])
  try {
    const receiver = start(to, ['receive', from.address, await firstLine(sender, signal)])
    try {
      return Number(await firstLine(receiver, signal))
    } finally {
      receiver.stdin.end()
    }
  } finally {
    sender.stdin.end()
  }
}

type Child = ChildProcessByStdio<Writable, Readable, null>

function start(host: WideHost, args: string[]): Child {
  return spawn(...onHost(host, [process.execPath, PROGRAM, ...args]), { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function firstLine(child: Child, signal: AbortSignal): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line', { signal })) as [string]
  return line
}
