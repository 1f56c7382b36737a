import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type {
  ControlService,
  DaemonStatus,
  FetchEvent,
  ShareDetail,
  SharePhase,
  ShareSummary
} from '@p2pshare/control'
import { resolveHome } from '@p2pshare/control/client'
import { createControlServer } from '@p2pshare/control/server'
import { ShareError } from '@p2pshare/base'
import { onTestFinished } from 'vitest'
import type { KeyStream } from '../src/live/keys.ts'
import { main } from '../src/main.ts'

export const CID = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

/** A phase with nothing known, but for what the test says. */
export const phase = (more: Partial<SharePhase> = {}): SharePhase => ({
  phase: 'finding',
  found: 0,
  connected: 0,
  tried: [],
  pieces: 0,
  totalPieces: 0,
  done: 0,
  total: 0,
  rate: 0,
  peers: 0,
  etaMs: null,
  reason: null,
  ...more
})

export const state = (more: Partial<SharePhase> = {}, name = 'x'): FetchEvent => ({
  event: 'state',
  cid: CID,
  name,
  state: 'fetching',
  phase: phase(more)
})

export const summary = (more: Partial<ShareSummary> = {}): ShareSummary => ({
  cid: CID,
  name: 'holiday.mp4',
  size: 2048,
  done: 1024,
  state: 'fetching',
  path: '/x/holiday.mp4',
  ...more
})

/** A share alone, as `shareStatus` tells it. */
export const detail = (more: Partial<ShareDetail> = {}): ShareDetail => ({
  ...summary(),
  ...{ pieces: 1, uploaded: 0, downloaded: 0, rateUp: 0, rateDown: 0, peers: 0, availability: 1, link: '' },
  limits: { up: null, down: null },
  ...more
})

export const STATUS: DaemonStatus = {
  running: true,
  pid: 7,
  version: '0.1.0',
  peerId: '12D3',
  addresses: ['/ip4/127.0.0.1/tcp/1/p2p/12D3'],
  peers: 2,
  shares: 1,
  network: 'local',
  startedAt: 0,
  rateUp: 0,
  rateDown: 0,
  limits: { up: null, down: null, includeLan: false, why: 'normal' },
  announcing: [],
  warnings: ['The catalogue was damaged.']
}

const unset = (): never => {
  throw new ShareError({
    code: 'daemon.unexpected-call',
    fault: 'bug',
    message: 'this test did not expect the call'
  })
}

/** A service of which only the named parts answer. */
export function service(parts: Partial<ControlService>): ControlService {
  return {
    seed: unset,
    fetch: unset,
    checkFetch: unset,
    observe: unset,
    entries: unset,
    read: unset,
    select: unset,
    list: unset,
    watch: unset,
    unwatch: unset,
    authorize: unset,
    unauthorize: unset,
    status: async () => STATUS,
    shareStatus: unset,
    why: unset,
    remove: unset,
    relocate: unset,
    pause: unset,
    resume: unset,
    verify: unset,
    limit: unset,
    queue: unset,
    stopWhen: unset,
    relay: unset,
    reload: unset,
    peers: unset,
    connect: unset,
    measure: unset,
    metrics: unset,
    id: unset,
    doctor: unset,
    shutdown: unset,
    ...parts
  }
}

/** What one run of the command gave. */
export interface Outcome {
  code: number
  stdout: string
  stderr: string
  /** The first line of stdout as JSON. */
  json: Record<string, unknown>
  lines: Record<string, unknown>[]
}

export interface RunOptions {
  env?: Record<string, string>
  isTTY?: boolean
  /** Of stderr, 100 where left out. */
  columns?: number
  /** Size of the terminal that stdout is, too; no terminal when left out. */
  screen?: { columns: number; rows: number }
  keys?: KeyStream
  /** What is piped in. */
  input?: string
  cwd?: string
  /** Called with a function that is Ctrl-C, as soon as the command listens. */
  interrupt?: (press: () => void) => void
  /** Sees each text on stderr as it is written. */
  onStderr?: (text: string) => void
  /** The same of stdout. */
  onStdout?: (text: string) => void
}

/** A home in a temporary folder, with a daemon's API behind its socket when `parts` are given. */
export async function testHome(
  parts?: Partial<ControlService>
): Promise<{ home: string; run: (line: string[], options?: RunOptions) => Promise<Outcome> }> {
  const home = await mkdtemp(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  if (parts !== undefined) {
    const log = { debug: () => undefined, error: () => undefined }
    const { socketPath } = resolveHome({ home })
    const server = createControlServer(service(parts), { socketPath, version: '0.1.0', log })
    await server.listen()
    onTestFinished(() => server.close())
  }
  return {
    home,
    run: (line, options = {}) => run(line, { ...options, env: { P2PSHARE_HOME: home, ...options.env } })
  }
}

/** One run of the command in this process. */
export async function run(line: string[], options: RunOptions = {}): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const code = await main(line, {
    stdout: {
      isTTY: options.screen !== undefined,
      ...options.screen,
      write(data: string | Uint8Array) {
        const text = typeof data === 'string' ? data : Buffer.from(data).toString()
        stdout += text
        options.onStdout?.(text)
        return true
      }
    },
    stderr: {
      isTTY: options.isTTY ?? false,
      columns: options.columns ?? 100,
      write(text: string) {
        stderr += text
        options.onStderr?.(text)
        return true
      }
    },
    env: options.env ?? {},
    ...(options.keys === undefined ? {} : { keys: options.keys }),
    ...(options.input === undefined ? {} : { input: Readable.from([Buffer.from(options.input)]) }),
    cwd: options.cwd ?? '/work-folder',
    self: [fileURLToPath(new URL('./fake-daemon.ts', import.meta.url))],
    onInterrupt(press) {
      options.interrupt?.(press)
      return () => undefined
    }
  })
  const lines = (): Record<string, unknown>[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>)
  return {
    code,
    stdout,
    stderr,
    get json() {
      return lines()[0] ?? {}
    },
    get lines() {
      return lines()
    }
  }
}
