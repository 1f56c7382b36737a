import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveHome } from '@p2pshare/control'
import { createControlClient } from '@p2pshare/control/client'
import { DaemonProcess } from './daemon-process.ts'
import type { NamespaceHost } from './namespace-host.ts'

/** What {@link TestBed.daemon} may be told. */
export interface BedDaemonOptions {
  /** Daemons, or addresses, that this one knows from the start. */
  bootstrap?: readonly (DaemonProcess | string)[]
  env?: Readonly<Record<string, string>>
  /** Name or key file of a private network that the test made; `local` when left out. */
  privateNetwork?: string
  /** Flags of Node besides those that every daemon gets. */
  nodeFlags?: readonly string[]
  /** Where it runs, instead of on this machine's loopback. */
  host?: NamespaceHost
  /** Another build of p2pshare than the sources: the program and its first arguments. */
  program?: readonly string[]
}

/** `seed` and `fetch` start a daemon where none runs; one that a test did not stop ends here. */
async function stopStartedByCommand(home: string): Promise<void> {
  const { socketPath } = resolveHome({ home, env: {} })
  if (!existsSync(socketPath)) return
  await createControlClient({ socketPath })
    .shutdown()
    .catch(() => undefined)
}

/**
 * A temporary folder with daemons in it. Disposing ends every daemon and removes the folder; a process
 * that ends without disposing still takes its daemons along.
 */
export class TestBed implements AsyncDisposable {
  /** The folder; its subfolders are the caller's, but for `homes` and `logs`. */
  readonly root: string
  readonly #daemons: DaemonProcess[] = []
  readonly #onExit = (): void => this.#killAll()

  constructor() {
    // Short, since the path of a Unix socket has to fit in 107 bytes.
    this.root = mkdtempSync(join(tmpdir(), 'p2ps-'))
    process.once('exit', this.#onExit)
  }

  /** A path in the bed's folder. */
  path(...names: string[]): string {
    return join(this.root, ...names)
  }

  /** Makes a folder and answers its path. */
  folder(...names: string[]): string {
    mkdirSync(this.path(...names), { recursive: true })
    return this.path(...names)
  }

  /** A daemon that is not started yet. */
  prepare(name: string, options: BedDaemonOptions = {}): DaemonProcess {
    const known = (options.bootstrap ?? []).flatMap((peer) =>
      typeof peer === 'string' ? peer : peer.multiaddrs
    )
    const daemon = new DaemonProcess({
      name,
      home: this.path('homes', name),
      log: this.path('logs', `${name}.log`),
      bootstrap: known,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.privateNetwork === undefined ? {} : { privateNetwork: options.privateNetwork }),
      ...(options.nodeFlags === undefined ? {} : { nodeFlags: options.nodeFlags }),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.program === undefined ? {} : { program: options.program })
    })
    this.#daemons.push(daemon)
    return daemon
  }

  /** Starts a daemon with a home of its own and waits until it serves. */
  async daemon(name: string, options: BedDaemonOptions = {}): Promise<DaemonProcess> {
    const daemon = this.prepare(name, options)
    await daemon.start()
    return daemon
  }

  /** The ends of all logs, for a failure report. */
  logs(): string {
    return this.#daemons.map((daemon) => `── ${daemon.options.name}\n${daemon.log()}`).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.end('SIGTERM')))
    await Promise.all(this.#daemons.map(({ options }) => stopStartedByCommand(options.home)))
    process.removeListener('exit', this.#onExit)
    rmSync(this.root, { recursive: true, force: true, maxRetries: 3 })
  }

  #killAll(): void {
    for (const daemon of this.#daemons) void daemon.end('SIGKILL')
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 })
  }
}
